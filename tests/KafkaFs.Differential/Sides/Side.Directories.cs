using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <content>Directories that are read while names in them change.</content>
internal sealed unsafe partial class Side
{
    private readonly List<string>[] _seen = [.. Enumerable.Range(0, Slots).Select(static _ => new List<string>())];

    /// <summary>Names that the open directory has shown since it was at its beginning.</summary>
    public List<string> Seen(int slot) => _seen[slot];

    private Outcome ExecuteOnDirectory(Call call)
    {
        List<string> seen = _seen[call.Slot];
        switch (call.Kind)
        {
            case CallKind.DirOpen:
                seen.Clear();
                return Install(call.Slot, Libc.openat(_root, P(call.Path), Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0));
            case CallKind.DirRead:
                int read = DirectoryEntries.Read(Fd(call.Slot), (int)call.Length, seen);
                return read < 0 ? new Outcome(-read, -1) : new Outcome(0, 0);
            default:
                int errno = DirectoryEntries.ReadAll(Fd(call.Slot), seen);
                return errno != 0 ? new Outcome(errno, -1) : new Outcome(0, 0);
        }
    }

    /// <summary>rewinddir(3), once a whole scan was judged.</summary>
    public void Rewind(int slot)
    {
        _seen[slot].Clear();
        Libc.lseek(Fd(slot), 0, Linux.SEEK_SET);
    }
}
