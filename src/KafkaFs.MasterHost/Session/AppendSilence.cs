using System.Globalization;

namespace KafkaFs.MasterHost.Session;

/// <summary>How long the journal has reported nothing while records wait for it. Not thread-safe: used under the session's lock.</summary>
/// <param name="stallAfter">Silence that is no stall yet.</param>
internal sealed class AppendSilence(TimeSpan stallAfter, TimeProvider clock)
{
    private long? _since;

    /// <summary>The journal has reported that it has a record, or does not take it.</summary>
    public void OnReport() => _since = null;

    /// <summary>To be called whenever records were handed over or reported, and from time to time.</summary>
    public void Look(bool isWaiting) => _since = isWaiting ? _since ?? clock.GetTimestamp() : null;

    /// <summary>The silence is a stall.</summary>
    public bool IsLong => _since is long since && clock.GetElapsedTime(since) >= stallAfter;

    /// <summary>What is waited for, or null while the silence is short.</summary>
    public string? Words(int records, string? cause)
    {
        if (_since is not long since || clock.GetElapsedTime(since) < stallAfter)
        {
            return null;
        }

        string time = (clock.GetUtcNow() - clock.GetElapsedTime(since)).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture, $"{records} records wait for the journal, which has reported none since {time} UTC: {cause ?? "no cause is known"}");
    }
}
