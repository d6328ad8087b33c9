using System.Buffers.Binary;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Shared;

/// <summary>
/// Files that several threads append to: each block is a place of the data block that no other has, so the content says whose it is. Every
/// block whose write was answered is there once, whole, and each thread's are in their order. Adding is safe from several threads.
/// </summary>
internal sealed class SharedAppends
{
    public const int Files = 3;
    public const int BlockMax = 16_000;
    public const int BlocksMax = 8_000;

    /// <summary>Of all threads: so each file can be read at once (<see cref="Side"/>'s buffer).</summary>
    public const int BlocksOfAll = 20_000;

    private const int Stride = 64;
    private const int ThreadBytes = BlocksMax * Stride;

    private readonly Dictionary<ulong, (int File, int Thread, int Number, int Length)> _blocks = [];

    public static int ThreadsMax => (DataBlock.Bytes - BlockMax) / ThreadBytes;

    public static string PathOf(int file) => $"appended-{file}";

    /// <summary>Where the block of a thread begins in the data block.</summary>
    public static long ValueOf(int thread, int number) => ((long)thread * ThreadBytes) + (number * Stride);

    /// <summary>It was written, by the answer.</summary>
    public void Add(Side side, int file, int thread, int number, int length)
    {
        lock (_blocks)
        {
            _blocks.Add(Key(BlockOf(side, thread, number, length)), (file, thread, number, length));
        }
    }

    /// <summary>What the files hold otherwise.</summary>
    public List<string> Compare(Side side)
    {
        List<string> wrong = [];
        for (int file = 0; file < Files; file++)
        {
            Outcome content = side.Execute(new Call { Kind = CallKind.Content, Path = PathOf(file) });
            if (Compare(side, file, side.Read(content)) is { } difference)
            {
                wrong.Add($"{PathOf(file)}: {difference}");
            }
        }

        return wrong;
    }

    private string? Compare(Side side, int file, ReadOnlySpan<byte> content)
    {
        Dictionary<int, int> last = [];
        int found = 0;
        for (int at = 0; at < content.Length; found++)
        {
            if (content.Length - at < sizeof(ulong) || !_blocks.TryGetValue(Key(content[at..]), out (int File, int Thread, int Number, int Length) block) || block.File != file)
            {
                return $"at {at} there is no beginning of a block";
            }

            if (!content[at..].StartsWith(BlockOf(side, block.Thread, block.Number, block.Length)))
            {
                return $"at {at} block {block.Number} of thread {block.Thread} is not whole";
            }

            if (last.GetValueOrDefault(block.Thread, -1) >= block.Number)
            {
                return $"at {at} block {block.Number} of thread {block.Thread} is behind its block {last[block.Thread]}";
            }

            last[block.Thread] = block.Number;
            at += block.Length;
        }

        int written = _blocks.Values.Count(block => block.File == file);
        return found == written ? null : $"it has {found} blocks of {written} that were written";
    }

    private static unsafe ReadOnlySpan<byte> BlockOf(Side side, int thread, int number, int length) => new(side.Data.At(ValueOf(thread, number)), length);

    private static ulong Key(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt64LittleEndian(block);
}
