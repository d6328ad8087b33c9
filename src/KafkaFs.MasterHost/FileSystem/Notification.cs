using System.Runtime.InteropServices;
using KafkaFs.Journal;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>Something that the kernel is to forget.</summary>
/// <param name="Inode">The inode, or the directory of <paramref name="Name"/>.</param>
/// <param name="Name">A name in the directory; null for the inode itself.</param>
/// <param name="HasContent">Of an inode: its pages too, not only its attributes.</param>
/// <param name="IsDirectory">Of an inode whose pages are the list of a directory: how far the kernel's threads have got with storing an answer in them cannot be known.</param>
/// <param name="Dead">Of a name: the inode whose last one it was, or None.</param>
/// <param name="IsGone">Of a name that was no directory: it names something else now, or nothing.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Notification(FileId Inode, byte[]? Name, bool HasContent, FileId Dead = default, bool IsDirectory = false, bool IsGone = false)
{
    /// <summary>What is sent a second time.</summary>
    public Notification Again => this with { HasContent = HasContent && IsDirectory };
}
