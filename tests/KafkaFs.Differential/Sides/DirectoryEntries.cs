using System.Runtime.InteropServices;
using System.Text;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <summary>getdents64(2).</summary>
internal static unsafe class DirectoryEntries
{
    private const int EntryHead = 19;

    /// <summary>Adds the names of one call with room for <paramref name="bytes"/>; its result, or the errno after a minus.</summary>
    public static int Read(int fd, int bytes, List<string> names)
    {
        byte* buffer = stackalloc byte[32_768];
        int read = (int)Libc.syscall(Linux.SYS_getdents64, fd, (nint)buffer, Math.Min(bytes, 32_768), 0);
        if (read < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        for (int at = 0; at < read; at += *(ushort*)(buffer + at + 16))
        {
            string name = Encoding.Latin1.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + EntryHead));
            if (name is not ("." or ".."))
            {
                names.Add(name);
            }
        }

        return read;
    }

    /// <summary>Adds the names up to the end of the directory.</summary>
    public static int ReadAll(int fd, List<string> names)
    {
        int read;
        do
        {
            read = Read(fd, 32_768, names);
        }
        while (read > 0);
        return -read;
    }
}
