using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Comparison;

/// <summary>
/// Times of the present cannot be compared, but when they change can: between two looks at a file its mtime and ctime change on both sides or on
/// neither, and a ctime goes back on neither. So a time is found that is shown before it is the file's, or after it was. One thread.
/// </summary>
internal sealed class SeenTimes
{
    private readonly Dictionary<(ulong, ulong), (Times Subject, Times Reference)> _seen = [];

    /// <summary>What differs, or null. From here on these are the times that were seen last.</summary>
    public string? Compare(in StatFields got, StatFields expected)
    {
        (Times subject, Times reference) = (Times.Of(got), Times.Of(expected));
        (ulong, ulong) file = (got.Ino, expected.Ino);
        bool known = _seen.TryGetValue(file, out (Times Subject, Times Reference) before);
        _seen[file] = (subject, reference);
        return !known ? null
            : subject.Ctime < before.Subject.Ctime ? $"ctime {subject.Ctime} ns, before that it was {before.Subject.Ctime} ns"
            : Compare("mtime", before.Subject.Mtime, subject.Mtime, before.Reference.Mtime, reference.Mtime)
                ?? Compare("ctime", before.Subject.Ctime, subject.Ctime, before.Reference.Ctime, reference.Ctime);

        string? Compare(string field, Int128 was, Int128 now, Int128 referenceWas, Int128 referenceNow) =>
            (was != now) == (referenceWas != referenceNow) ? null
                : was == now ? $"{field} is still {now} ns after a change"
                : Tolerances.MayKeepTime(expected) ? null
                : $"{field} changed from {was} ns to {now} ns, and nothing was changed";
    }

    /// <summary>From here on nothing was seen: a change was made on one side alone, or one that need not be seen.</summary>
    public void Forget() => _seen.Clear();

    /// <summary>Nanoseconds since 1970.</summary>
    private readonly record struct Times(Int128 Mtime, Int128 Ctime)
    {
        public static Times Of(in StatFields stat) => new(Ns(stat.MtimeSeconds, stat.MtimeNanoseconds), Ns(stat.CtimeSeconds, stat.CtimeNanoseconds));

        private static Int128 Ns(long seconds, long nanoseconds) => ((Int128)seconds * 1_000_000_000) + nanoseconds;
    }
}
