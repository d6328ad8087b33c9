using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// The small files in `.kafkafs`, reached by its descriptor alone, so that a data root may be renamed while it is in use. For one
/// thread. Throws <see cref="DataRootException"/> where the machine refuses; only ENOENT means that a file is not there.
/// </summary>
/// <param name="own">`.kafkafs`; belongs to the data root.</param>
/// <param name="path">The data root, for a person.</param>
internal sealed class StateFiles(SafeFd own, string path)
{
    public byte[]? Read(string name)
    {
        Errno errno = FileCalls.Open(own, Bytes(name), OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out SafeFd file);
        if (errno == Errno.ENOENT)
        {
            return null;
        }

        using (file)
        {
            int read = 0;
            StatxResult stat = default;
            errno = errno != Errno.None ? errno : FileCalls.Stat(file, default, out stat);
            byte[] content = new byte[stat.Size];
            Check(errno != Errno.None ? errno : DescriptorCalls.ReadAll(file, content, 0, out read), "read", name);
            return content[..read];
        }
    }

    public bool Exists(string name)
    {
        Errno errno = FileCalls.Stat(own, Bytes(name), out _);
        Check(errno == Errno.ENOENT ? Errno.None : errno, "look at", name);
        return errno == Errno.None;
    }

    /// <summary>Replaces a file as a whole; durable when it returns.</summary>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        string temporary = name + ".new";
        Errno errno = WriteDurably(temporary, content);
        errno = errno != Errno.None ? errno : FileCalls.Rename(own, Bytes(temporary), own, Bytes(name), 0);
        if (errno != Errno.None)
        {
            // Whatever comes of it: half a file is of no use, and a full disk is what it may have met.
            FileCalls.Unlink(own, Bytes(temporary));
        }

        Check(errno, "write", name);
        Check(DescriptorCalls.Sync(own), "make durable", name);
    }

    /// <summary>Removes a file; durable when it returns. One that is not there is passed.</summary>
    public void Remove(string name)
    {
        Errno errno = FileCalls.Unlink(own, Bytes(name));
        if (errno != Errno.ENOENT)
        {
            Check(errno, "remove", name);
            Check(DescriptorCalls.Sync(own), "make durable", name);
        }
    }

    private Errno WriteDurably(string name, ReadOnlySpan<byte> content)
    {
        const OpenFlags anew = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow;
        Errno errno = FileCalls.Open(own, Bytes(name), anew, 0x180, out SafeFd file);
        using (file)
        {
            errno = errno != Errno.None ? errno : DescriptorCalls.WriteAll(file, content, 0);
            return errno != Errno.None ? errno : DescriptorCalls.Sync(file);
        }
    }

    private void Check(Errno errno, string action, string name)
    {
        if (errno != Errno.None)
        {
            throw new DataRootException(
                DataRootProblem.Unusable, $"data root '{path}' cannot be used: {action} {DataRoot.OwnName}/{name}: {DataRoot.Describe(errno)}", errno);
        }
    }

    private static byte[] Bytes(string name) => Encoding.UTF8.GetBytes(name);
}
