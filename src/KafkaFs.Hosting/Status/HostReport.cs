using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using KafkaFs.Posix.Files;

namespace KafkaFs.Hosting.Status;

/// <summary>What a host says of itself to `kafkafs status` and `kafkafs top`.</summary>
public sealed record HostReport
{
    private static readonly JsonSerializerOptions s_format = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Where the sockets are at which this user's hosts tell it; null if there is no such place.</summary>
    public static string? Folder =>
        ProcessCalls.IsRoot ? "/run/kafkafs/hosts"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? Path.Combine(own, "kafkafs/hosts")
        : null;

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

    /// <summary>Offset of the next record to apply.</summary>
    public required long AppliedOffset { get; init; }

    public required long EndOffset { get; init; }

    public required double LagSeconds { get; init; }

    public long? CheckpointPosition { get; init; }

    /// <summary>The last error of this run, if there was one.</summary>
    public string? LastError { get; init; }

    public DateTimeOffset? LastErrorAt { get; init; }

    public required IReadOnlyList<CallCount> Calls { get; init; }

    /// <summary>By thread id, while somebody asks again and again.</summary>
    public required IReadOnlyList<CallCount> Callers { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, s_format);

    /// <summary>Null if it is none.</summary>
    public static HostReport? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<HostReport>(json, s_format);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
