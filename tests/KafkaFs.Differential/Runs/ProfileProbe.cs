using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Runs;

/// <summary>Finds out what the two filesystems have in common.</summary>
internal static class ProfileProbe
{
    public static SideProfile Probe(Options options)
    {
        (bool zeroes, bool bytes, bool changes) subject = Probe(options.Subject), reference = Probe(options.Reference);
        bool hasXfs = IsXfs(options.Subject) || IsXfs(options.Reference);
        return new SideProfile(subject.bytes && reference.bytes ? 1 : 4_096, !subject.zeroes, !reference.zeroes, hasXfs, subject.changes && reference.changes);
    }

    // The longest mountpoint that the path lies below.
    private static bool IsXfs(string path) => File.ReadLines("/proc/mounts").Select(static line => line.Split(' '))
        .Where(mount => path == mount[1] || path.StartsWith(mount[1].TrimEnd('/') + "/", StringComparison.Ordinal))
        .MaxBy(static mount => mount[1].Length) is [_, _, "xfs", ..];

    private static (bool ZeroesRanges, bool WritesBytesDirectly, bool SeesChanges) Probe(string parent)
    {
        string path = Path.Combine(parent, "probe");
        Directory.CreateDirectory(path);
        using Side side = new(path, new DataBlock());
        side.Execute(new Call { Kind = CallKind.Open, Path = "file", Slot = 0, Flags = Linux.O_CREAT | Linux.O_RDWR | Linux.O_DIRECT, Mode = 0x180 });
        bool bytes = side.Execute(new Call { Kind = CallKind.Pwrite, Slot = 0, Offset = 3, Length = 5, Value = 1 }).Succeeded;
        bool zeroes = side.Execute(new Call { Kind = CallKind.Fallocate, Slot = 0, Flags = Linux.FALLOC_FL_ZERO_RANGE, Length = 4_096 }).Succeeded;
        bool changes = true;
        for (uint mode = 0; mode < 100; mode++)
        {
            long before = side.StatOfSlot(0).CtimeNanoseconds;
            side.Execute(new Call { Kind = CallKind.Fchmod, Slot = 0, Mode = 0x180 | (mode & 1) });
            changes &= side.StatOfSlot(0).CtimeNanoseconds != before;
        }

        side.CloseAll();
        side.Empty();
        Directory.Delete(path);
        return (zeroes, bytes, changes);
    }
}
