using KafkaFs.Posix;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>One system call of a worker. Its parts change what is expected: all when it has been answered, the first ones to try out how far it was done.</summary>
/// <param name="Words">The call, for a person.</param>
/// <param name="Do">Makes it.</param>
/// <param name="Parts">What it changes: one whole thing, except for a write.</param>
/// <param name="IsData">A write: answered only when a later call that is not one (fsync, close) has returned.</param>
/// <param name="Answer">What it must be answered.</param>
internal sealed record Step(string Words, Func<Errno> Do, IReadOnlyList<Action> Parts, bool IsData = false, Errno Answer = Errno.None)
{
    private const int PageBytes = 4096;

    /// <summary>A call that changes one whole thing.</summary>
    public Step(string words, Func<Errno> @do, Action done, Errno answer = Errno.None) : this(words, @do, [done], Answer: answer)
    {
    }

    /// <summary>write(2), which the kernel hands to a filesystem in pieces that end at pages.</summary>
    public static Step Write(string words, Func<Errno> @do, ExpectedObject written, int offset, byte[] data)
    {
        List<Action> pages = [];
        for (int at = 0, size; at < data.Length; at += size)
        {
            size = Math.Min(data.Length - at, PageBytes - ((offset + at) % PageBytes));
            (int from, byte[] piece) = (offset + at, data[at..(at + size)]);
            pages.Add(() => written.Write(from, piece));
        }

        return new Step(words, @do, pages, IsData: true);
    }
}
