using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>name_to_handle_at(2), open_by_handle_at(2).</summary>
[Syscall("open_by_handle_at")]
internal static class HandleRules
{
    public static void AHandleOpensItsFile(Case t)
    {
        t.Folder("d");
        long mount = t.Open(".", O_RDONLY);
        foreach (string type in new[] { "regular", "directory", "dangling", "fifo" })
        {
            t.Context = type;
            string name = t.Make(type, "d/" + type);
            byte[] handle = PathCall.Handle(), other = PathCall.Handle();
            t.Is(0, NameToHandleAt(AT_FDCWD, name, handle, out int id));
            t.Is(0, NameToHandleAt(AT_FDCWD, name, other, out int second));
            t.True(handle.AsSpan().SequenceEqual(other));
            t.Equal(id, second);
            long fd = t.Keep(OpenByHandleAt(mount, handle, O_PATH));
            t.Equal(t.Lstat(name).Inode, t.Fstat(fd).Inode);
            t.Is(0, Rename(name, type));
            fd = t.Keep(OpenByHandleAt(mount, handle, O_PATH));
            t.Equal(t.Lstat(type).Inode, t.Fstat(fd).Inode);
            t.Equal(t.Lstat(type).Type, t.Fstat(fd).Type);
        }
    }

    public static void AHandleOfAFileReadsAndWrites(Case t)
    {
        t.File("f", 644, "content");
        long mount = t.Open(".", O_RDONLY);
        byte[] handle = PathCall.Handle();
        t.Is(0, NameToHandleAt(AT_FDCWD, "f", handle, out _));
        long fd = t.Keep(OpenByHandleAt(mount, handle, O_RDWR));
        t.Equal("content", Read(fd, 10));
        t.Is(1, Pwrite(fd, "C", 0));
        t.Equal("Content", t.Content("f"));
        t.As(User.Alice, () => t.Is(EPERM, OpenByHandleAt(mount, handle, O_RDONLY)));
        t.Close(fd);
        t.Is(0, Unlink("f"));
        t.Is(ESTALE, Eventually(ESTALE, () => OpenByHandleAt(mount, handle, O_RDONLY)));
        t.Is(EBADF, OpenByHandleAt(9999, handle, O_RDONLY));
    }

    public static void SizesOfHandles(Case t)
    {
        t.File("f");
        byte[] handle = new byte[136];
        t.Is(EOVERFLOW, NameToHandleAt(AT_FDCWD, "f", handle, out _));
        t.True(handle[0] is > 0 and <= 128);
        t.Is(0, NameToHandleAt(AT_FDCWD, "f", handle, out _));
        handle[0] = 200;
        t.Is(EINVAL, NameToHandleAt(AT_FDCWD, "f", handle, out _));
        t.Is(EINVAL, NameToHandleAt(AT_FDCWD, "f", PathCall.Handle(), out _, 0x40));
        Symlink("f", "l");
        (byte[] ofLink, byte[] ofFile) = (PathCall.Handle(), PathCall.Handle());
        t.Is(0, NameToHandleAt(AT_FDCWD, "l", ofLink, out _, AT_SYMLINK_FOLLOW));
        t.Is(0, NameToHandleAt(AT_FDCWD, "f", ofFile, out _));
        t.True(ofLink.AsSpan().SequenceEqual(ofFile));
    }

    // FUSE keeps the inode until a daemon has answered RELEASE, for which close(2) does not wait.
    private static long Eventually(long expected, Func<long> call)
    {
        long result = call();
        for (int attempt = 0; attempt < 100 && result != expected; attempt++)
        {
            Close(result);
            Thread.Sleep(10);
            result = call();
        }

        return result;
    }
}
