using System.Text.Json;
using KafkaFs.Replica;

namespace KafkaFs.Hosting.Status;

/// <summary>What a command that takes long says of itself to `kafkafs status`: `import`, `rejoin`, `verify` and `repair`.</summary>
/// <param name="Command">Its name.</param>
/// <param name="Process">Its id.</param>
/// <param name="Version">Of the program.</param>
/// <param name="DataRoot">What it works on.</param>
/// <param name="Since">When it began.</param>
/// <param name="Progress">What it is at; null before it is at something.</param>
public sealed record CommandReport(string Command, int Process, string Version, string DataRoot, DateTimeOffset Since, ProgressReport? Progress)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, HostReport.Format);

    /// <summary>Null if it is none.</summary>
    public static CommandReport? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<CommandReport>(json, HostReport.Format) is { Command: not null } report ? report : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
