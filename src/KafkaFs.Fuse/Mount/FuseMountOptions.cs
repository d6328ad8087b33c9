using KafkaFs.Posix.Files;

namespace KafkaFs.Fuse.Mount;

/// <summary>How a filesystem is mounted. Permission checks are always the kernel's (default_permissions).</summary>
public sealed record FuseMountOptions
{
    /// <summary>An existing, empty directory.</summary>
    public required string Mountpoint { get; init; }

    /// <summary>What `mount` and `df` show as the device.</summary>
    public string Source { get; init; } = "kafkafs";

    /// <summary>Other users may use the mount; for ordinary users it needs user_allow_other in /etc/fuse.conf.</summary>
    public bool AllowOther { get; init; } = ProcessCalls.IsRoot;

    /// <summary>Longest WRITE, bytes: 4 KiB to 1 MiB.</summary>
    public int MaxWriteBytes { get; init; } = 1024 * 1024;

    /// <summary>Threads that read /dev/fuse.</summary>
    public int ReaderThreads { get; init; } = 4;

    /// <summary>Mount through fusermount3 although mount(2) is allowed.</summary>
    public bool ForceHelper { get; init; }
}
