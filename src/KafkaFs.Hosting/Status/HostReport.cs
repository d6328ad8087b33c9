using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using KafkaFs.Replica;

namespace KafkaFs.Hosting.Status;

/// <summary>What a host says of itself to `kafkafs status` and `kafkafs top`.</summary>
public sealed record HostReport
{
    internal static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Of the programs.</summary>
    public static string VersionOfThisProcess { get; } =
        typeof(HostReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>`master`, `slave`, or an instance: `master@mnt`.</summary>
    public required string Host { get; init; }

    public required int Process { get; init; }

    public required string Version { get; init; }

    /// <summary>Null for a slave.</summary>
    public string? Mountpoint { get; init; }

    public required string DataRoot { get; init; }

    public required string Journal { get; init; }

    public required HostState State { get; init; }

    public required bool IsReady { get; init; }

    /// <summary>The state for a person.</summary>
    public required string Words { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>What a start is at; null later.</summary>
    public ProgressReport? Progress { get; init; }

    /// <summary>Offset of the next record to apply.</summary>
    public required long AppliedOffset { get; init; }

    public required long EndOffset { get; init; }

    public required double LagSeconds { get; init; }

    public long? CheckpointPosition { get; init; }

    /// <summary>The last error of this run, if there was one.</summary>
    public string? LastError { get; init; }

    public DateTimeOffset? LastErrorAt { get; init; }

    public required IReadOnlyList<CallCount> Calls { get; init; }

    /// <summary>By thread id, for who asks for it again and again.</summary>
    public required IReadOnlyList<CallCount> Callers { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Format);

    /// <summary>Null if it is none.</summary>
    public static HostReport? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<HostReport>(json, Format);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
