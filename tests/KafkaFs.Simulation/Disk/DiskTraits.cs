namespace KafkaFs.Simulation.Disk;

/// <summary>In what filesystems and machines differ.</summary>
internal sealed record DiskTraits
{
    /// <summary>open_by_handle_at(2) is allowed; else EPERM.</summary>
    public bool OpensHandles { get; init; } = true;

    /// <summary>Owners, devices and privileged attributes may be set.</summary>
    public bool IsRoot { get; init; } = true;

    /// <summary>fallocate(2) does what it is asked; else it is emulated as on a filesystem without its modes.</summary>
    public bool Allocates { get; init; } = true;

    /// <summary>Making one file durable makes every name before it durable too, as ext4's journal does; in percent of the times.</summary>
    public int SyncsNamesPercent { get; init; } = 50;

    /// <summary>The traits of a seed.</summary>
    public static DiskTraits Of(Random random) => new()
    {
        OpensHandles = random.Next(2) == 0,
        IsRoot = random.Next(4) != 0,
        Allocates = random.Next(2) == 0,
        SyncsNamesPercent = random.Next(3) * 50,
    };
}
