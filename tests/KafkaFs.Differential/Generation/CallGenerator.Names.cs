using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Generation;

/// <content>Calls that change names.</content>
internal sealed partial class CallGenerator
{
    // None has a driver: nothing happens if one is opened where devices are allowed.
    private static readonly long[] s_devices = [0xafa, 0x12c12, 0x11110370];

    private void AddNames()
    {
        Add(30, () => new Call { Kind = CallKind.Mkdir, Path = NewPath(), Mode = _dice.Pick(s_directoryModes) });
        Add(8, Mknod);
        Add(10, () => new Call { Kind = CallKind.Symlink, Path = NewPath(), Path2 = Target() });
        Add(15, () => new Call { Kind = CallKind.Link, Path = _dice.Percent(90) ? PathOf(static kind => kind != 'd') : AnyPath(), Path2 = NewPath() });
        Add(30, () => new Call { Kind = CallKind.Unlink, Path = _dice.Percent(90) ? PathOf(static kind => kind != 'd') : AnyPath() });
        Add(16, () => new Call { Kind = CallKind.Rmdir, Path = _dice.Percent(80) ? EmptyDirectory() : AnyPath() });
        Add(45, Rename);
    }

    private Call Mknod()
    {
        int type = _dice.Pick([Linux.S_IFIFO, Linux.S_IFIFO, Linux.S_IFSOCK, Linux.S_IFCHR, Linux.S_IFBLK, Linux.S_IFREG, 0]);
        long device = type is Linux.S_IFCHR or Linux.S_IFBLK ? _dice.Pick(s_devices) : 0;
        return new Call { Kind = CallKind.Mknod, Path = NewPath(), Mode = (uint)type | _dice.Pick(s_fileModes), Value = device };
    }

    // Nothing with "..": a target may lead through nothing but the subtree.
    private string Target() => _dice.Below(10) switch
    {
        0 => "missing",
        1 => new string('t', 1 + _dice.Below(1_000)),
        2 => NamePool.Pick(_dice) + "/" + NamePool.Pick(_dice),
        _ => NamePool.Pick(_dice),
    };

    private Call Rename()
    {
        string from = _dice.Percent(35) ? PathOf(static kind => kind == 'd') : AnyPath();
        string to = _dice.Below(20) switch
        {
            0 => from,
            1 => from.TrimEnd('/') + "/" + NamePool.Pick(_dice),
            2 or 3 or 4 => AnyPath(),
            5 or 6 => PathOf(static kind => kind is 'f'),
            7 => EmptyDirectory(),
            _ => NewPath(),
        };
        int flags = _dice.Below(10) switch { 0 => Linux.RENAME_NOREPLACE, 1 or 2 => Linux.RENAME_EXCHANGE, _ => 0 };
        return new Call { Kind = CallKind.Rename, Path = from, Path2 = flags == Linux.RENAME_EXCHANGE && to != from ? AnyPath() : to, Flags = flags };
    }
}
