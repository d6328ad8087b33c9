using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>copy_file_range(2), sendfile(2), fsync(2), fdatasync(2), sync_file_range(2), posix_fadvise(2).</summary>
[Syscall("copy_file_range")]
internal static class CopyRules
{
    public static void BytesAreCopied(Case t)
    {
        foreach ((long from, long to, int count) in new (long, long, int)[] { (0, 0, 100_000), (10, 0, 50), (0, 10, 50), (4096, 8192, 4096), (99_000, 0, 5000), (0, 200_000, 100_000), (50, 50, 1) })
        {
            t.Context = $"{from} to {to}, {count}";
            byte[] content = ContentRules.Pattern(100_000);
            long source = t.Open("source", O_RDWR | O_CREAT | O_TRUNC), target = t.Open("target", O_RDWR | O_CREAT | O_TRUNC);
            t.Is(100_000, Write(source, content));
            int copied = (int)Math.Min(count, 100_000 - from);
            t.Is(copied, CopyFileRange(source, from, target, to, count));
            t.Is(to + copied, t.Stat("target").Size);
            t.True(t.Content("target") == new string('\0', (int)to) + Text(content.AsSpan((int)from, copied)));
            t.Is(100_000, t.Stat("source").Size);
            t.Is(0, Lseek(target, 0, SEEK_CUR));
            t.Close(source);
            t.Close(target);
        }
    }

    public static void OffsetsOfTheDescriptorsMove(Case t)
    {
        t.File("source", 644, "0123456789");
        long source = t.Open("source", O_RDONLY), target = t.Open("target", O_RDWR | O_CREAT);
        t.Is(4, CopyFileRange(source, null, target, null, 4));
        t.Is(4, CopyFileRange(source, null, target, null, 4));
        t.Is(2, CopyFileRange(source, null, target, null, 4));
        t.Is(0, CopyFileRange(source, null, target, null, 4));
        t.Is(10, Lseek(source, 0, SEEK_CUR));
        t.Is(10, Lseek(target, 0, SEEK_CUR));
        t.Equal("0123456789", t.Content("target"));
    }

    public static void WithinOneFile(Case t)
    {
        t.File("f", 644, "0123456789");
        long fd = t.Open("f", O_RDWR), other = t.Open("f", O_RDONLY);
        t.Is(5, CopyFileRange(fd, 0, fd, 5, 5));
        t.Equal("0123401234", t.Content("f"));
        t.Is(3, CopyFileRange(other, 0, fd, 10, 3));
        t.Equal("0123401234012", t.Content("f"));
        t.Is(EINVAL, CopyFileRange(fd, 0, fd, 2, 5));
        t.Is(EINVAL, CopyFileRange(other, 0, fd, 0, 5));
        t.Is(0, CopyFileRange(fd, 0, fd, 5, 0));
    }

    public static void WhatIsRefused(Case t)
    {
        t.File("f", 644, "content");
        t.File("g", 644, "content");
        t.Make("fifo", "p");
        long source = t.Open("f", O_RDONLY), target = t.Open("g", O_WRONLY), append = t.Open("g", O_WRONLY | O_APPEND);
        long directory = t.Open(".", O_RDONLY), fifo = t.Open("p", O_RDWR);
        t.Is(EBADF, CopyFileRange(target, 0, source, 0, 1));
        t.Is(EBADF, CopyFileRange(source, 0, source, 0, 1));
        t.Is(EBADF, CopyFileRange(source, 0, append, 0, 1));
        t.Is(EBADF, CopyFileRange(9999, 0, target, 0, 1));
        t.Is(EBADF, CopyFileRange(source, 0, 9999, 0, 1));
        t.Is(EISDIR, CopyFileRange(directory, 0, target, 0, 1));
        t.Is(EINVAL, CopyFileRange(fifo, null, target, 0, 1));
        t.Is(EINVAL, CopyFileRange(source, 0, fifo, null, 1));
        t.Is(EINVAL, CopyFileRange(source, 0, target, 0, 1, 1));
        t.Is(0, CopyFileRange(source, 100, target, 0, 1));
        t.Equal("content", t.Content("g"));
    }

    public static void SendfileReadsAndWrites(Case t)
    {
        t.File("f", 644, "0123456789");
        long source = t.Open("f", O_RDONLY), target = t.Open("g", O_RDWR | O_CREAT);
        t.Is(10, SendFile(target, source, 100));
        t.Is(0, SendFile(target, source, 100));
        t.Equal("0123456789", t.Content("g"));
    }

    public static void SyncsSucceed(Case t)
    {
        t.File("f");
        long fd = t.Open("f", O_RDWR);
        t.Is(7, Write(fd, "content"));
        t.Is(0, Fsync(fd));
        t.Is(0, Fdatasync(fd));
        t.Is(0, SyncFileRange(fd, 0, 7, 7));
        t.Is(0, SyncFileRange(fd, 0, 0, 0));
        t.Is(EINVAL, SyncFileRange(fd, -1, 1, 0));
        t.Is(EINVAL, SyncFileRange(fd, 0, 1, 8));
        t.Is(0, Syncfs(fd));
        foreach (int advice in new[] { 0, 1, 2, 3, 4, 5 })
        {
            t.Is(0, Fadvise(fd, 0, 0, advice));
        }

        t.Is(EINVAL, Fadvise(fd, 0, 0, 9));
        t.Is(ENOTTY, Call(16, fd, 0x5401, 0));
        t.Equal("content", t.Content("f"));
    }
}
