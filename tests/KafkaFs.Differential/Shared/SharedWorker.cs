using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Shared;

/// <summary>One thread among those that work in the same directories. It owns its side.</summary>
internal sealed class SharedWorker(Side side, Dice dice, int index, int blocksMax, SharedNames names, SharedAppends appends)
{
    private const int FileSlot = 0;
    private const int AppendSlot = 1;
    private static readonly int[] s_expected = [0, Linux.ENOENT, Linux.EEXIST, Linux.EISDIR, Linux.ENOTDIR, Linux.EPERM, Linux.ENOTEMPTY];
    private int _blocks;

    /// <summary>Directories that are always there.</summary>
    public static IEnumerable<string> Directories => ["d0", "d1", "d0/d2"];

    public int Calls { get; private set; }

    /// <summary>An answer that nothing explains which the others do.</summary>
    public string? Unexpected { get; private set; }

    public void Work(int calls)
    {
        while (Calls < calls)
        {
            if (dice.Percent(25) && _blocks < blocksMax)
            {
                Append();
            }
            else
            {
                Change();
            }
        }

        side.Dispose();
    }

    private void Change()
    {
        Call call = dice.Below(8) switch
        {
            0 or 1 => new Call { Kind = CallKind.Open, Path = Name(), Slot = FileSlot, Flags = Linux.O_CREAT | Linux.O_EXCL | Linux.O_RDWR, Mode = 0x1a4 },
            2 => new Call { Kind = CallKind.Mkdir, Path = Name(), Mode = 0x1ed },
            3 => new Call { Kind = CallKind.Link, Path = Name(), Path2 = Name() },
            4 => new Call { Kind = CallKind.Unlink, Path = Name() },
            5 => new Call { Kind = CallKind.Rmdir, Path = Name() },
            6 => new Call { Kind = CallKind.Symlink, Path = Name(), Path2 = "target" },
            _ => new Call { Kind = CallKind.Rename, Path = Name(), Path2 = Name(), Flags = dice.Percent(70) ? Linux.RENAME_NOREPLACE : Linux.RENAME_EXCHANGE },
        };
        names.Add(call, Do(call));
    }

    private void Append()
    {
        int file = dice.Below(SharedAppends.Files), length = 64 + (int)dice.Magnitude(SharedAppends.BlockMax - 64), number = _blocks++;
        int sync = dice.Percent(10) ? Linux.O_SYNC : 0;
        Do(new Call { Kind = CallKind.Open, Path = SharedAppends.PathOf(file), Slot = AppendSlot, Flags = Linux.O_WRONLY | Linux.O_APPEND | sync });
        Outcome written = Do(new Call { Kind = CallKind.Write, Slot = AppendSlot, Length = length, Value = SharedAppends.ValueOf(index, number) });
        if (written.Value == length)
        {
            appends.Add(side, file, index, number, length);
        }
        else
        {
            Unexpected ??= $"an append of {length} bytes: {written}";
        }
    }

    private Outcome Do(Call call)
    {
        Calls++;
        Outcome outcome = side.Execute(call);
        if (!s_expected.Contains(outcome.Errno))
        {
            Unexpected ??= $"{CallText.Format(call)}: {outcome}";
        }

        return outcome;
    }

    private string Name() => $"{dice.Pick([.. Directories])}/n{dice.Below(10)}";
}
