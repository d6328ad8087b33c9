namespace KafkaFs.Replica.Apply;

/// <summary>
/// Whether a replica fetches its journal's tail. One that writes does not read its own bytes back: its acknowledgements place its
/// records, and show by the offsets between them that there are others. Pure but for the clock; not thread-safe.
/// </summary>
internal sealed class TailRule(TimeProvider clock)
{
    /// <summary>Nothing of ours outstanding for so long: nobody tells of others' records any more.</summary>
    public static readonly TimeSpan QuietAfter = TimeSpan.FromMilliseconds(5);

    /// <summary>No report for so long while a record of ours is outstanding.</summary>
    public static readonly TimeSpan SilentAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Own writing, without a break and without a sign of others, before the tail is let go.</summary>
    public static readonly TimeSpan ReleaseAfter = TimeSpan.FromSeconds(1);

    private int _outstanding;
    private long _lastReport = clock.GetTimestamp();
    private long _alone = clock.GetTimestamp();

    /// <summary>Records of ours that are handed over and not reported.</summary>
    public int Outstanding => _outstanding;

    /// <summary>
    /// The tail has to be fetched. <paramref name="hasGap"/>: an own record is placed, and waits for others' before it.
    /// </summary>
    public bool Reads(bool hasGap) => hasGap || IsQuiet || IsSilent || clock.GetElapsedTime(_alone) < ReleaseAfter;

    /// <summary>A record goes to the journal.</summary>
    public void OnHandedOver()
    {
        if (IsQuiet)
        {
            _alone = clock.GetTimestamp();
        }

        if (_outstanding++ == 0)
        {
            _lastReport = clock.GetTimestamp();
        }
    }

    /// <summary>Reports came, or never will, for <paramref name="count"/> records.</summary>
    public void OnReported(int count = 1)
    {
        if (IsSilent)
        {
            _alone = clock.GetTimestamp();
        }

        _outstanding -= count;
        _lastReport = clock.GetTimestamp();
    }

    /// <summary>There are records that no acknowledgement will bring: of others, or of ours at an offset that was not told.</summary>
    public void OnOthers() => _alone = clock.GetTimestamp();

    private bool IsQuiet => _outstanding == 0 && clock.GetElapsedTime(_lastReport) >= QuietAfter;

    private bool IsSilent => _outstanding > 0 && clock.GetElapsedTime(_lastReport) >= SilentAfter;
}
