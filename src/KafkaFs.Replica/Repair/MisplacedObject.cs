using KafkaFs.Journal;

namespace KafkaFs.Replica.Repair;

/// <summary>An object of a live inode at a place that is none of its names.</summary>
/// <param name="Inode">Whose it is.</param>
/// <param name="Directory">Path of the directory below the data root; empty is the root.</param>
/// <param name="Name">Its name there.</param>
/// <param name="IsDirectory">Else it may have several names.</param>
internal readonly record struct MisplacedObject(FileId Inode, byte[] Directory, byte[] Name, bool IsDirectory);
