using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Simulation.Disk;

/// <summary>A descriptor of a simulated disk; it dies with the machine. Its number means nothing to the real kernel.</summary>
internal sealed class SimulatedFd : SafeFd
{
    private static int s_numbers = 1_000_000;

    private readonly SimulatedDisk _disk;
    private readonly int _boot;

    // Not finalized: what a crashed replica left open must not be closed by another thread.
    public SimulatedFd(SimulatedDisk disk, SimulatedObject opened, OpenFlags flags) : base(Interlocked.Increment(ref s_numbers) & int.MaxValue)
    {
        (_disk, Object, Flags, _boot) = (disk, opened, flags, disk.Boot);
        opened.Opens++;
        GC.SuppressFinalize(this);
    }

    public SimulatedObject Object { get; }

    public OpenFlags Flags { get; }

    public bool IsPathOnly => (Flags & OpenFlags.PathOnly) != 0;

    public bool IsWritable => !IsPathOnly && (Flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly;

    /// <summary>The machine was not started again since it was opened.</summary>
    public bool IsOf(SimulatedDisk disk) => disk == _disk && disk.Boot == _boot;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        if (_disk.Boot == _boot)
        {
            _disk.Close(Object);
        }

        return true;
    }
}
