namespace KafkaFs.Posix.Suite.Running;

/// <summary>An entry of getdents64(2).</summary>
internal readonly record struct DirectoryEntry(ulong Inode, long Cookie, byte Type, string Name);
