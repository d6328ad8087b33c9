using System.Globalization;

namespace KafkaFs.Journal.Check;

/// <summary>Offsets <paramref name="First"/> to <paramref name="Last"/>, both included, which a log does not have.</summary>
public sealed record OffsetGap(long First, long Last)
{
    /// <summary>Reads `A..B` (or `A` for one offset); null if that is not what <paramref name="text"/> is.</summary>
    public static OffsetGap? Parse(string text)
    {
        string[] ends = text.Split("..");
        return ends.Length is 1 or 2 && TryOffset(ends[0], out long first) && TryOffset(ends[^1], out long last) && first <= last
            ? new OffsetGap(first, last)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}..{Last}");

    private static bool TryOffset(string text, out long offset) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out offset);
}
