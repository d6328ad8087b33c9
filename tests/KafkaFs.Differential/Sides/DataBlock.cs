using System.Runtime.InteropServices;
using System.Text;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <summary>
/// The bytes that writes take theirs from: the same in every run, no two places alike, never a zero, which would look like a hole. Also as a
/// memory file: reading that one into a mapping stores there and meets a missing page as EFAULT, where a plain store would be a
/// SIGBUS. Read from any thread.
/// </summary>
internal sealed unsafe class DataBlock
{
    public const int Bytes = 4 << 20;

    private static readonly byte* s_data = Make();

    public DataBlock()
    {
        fixed (byte* name = Encoding.ASCII.GetBytes("kafkafs-differential\0"))
        {
            (Source, Sink) = (Libc.memfd_create(name, 1), Libc.memfd_create(name, 1));
        }

        if (Source < 0 || Sink < 0 || Libc.pwrite(Source, s_data, Bytes, 0) != Bytes)
        {
            throw new IOException("A memory file cannot be made.");
        }
    }

    /// <summary>The block as a file.</summary>
    public int Source { get; }

    /// <summary>A file for what is taken out of a mapping.</summary>
    public int Sink { get; }

    public byte* At(long value) => s_data + value;

    private static byte* Make()
    {
        byte* data = (byte*)NativeMemory.AlignedAlloc(Bytes, 4_096);
        Random random = new(20161);
        random.NextBytes(new Span<byte>(data, Bytes));
        new Span<byte>(data, Bytes).Replace((byte)0, (byte)1);
        return data;
    }
}
