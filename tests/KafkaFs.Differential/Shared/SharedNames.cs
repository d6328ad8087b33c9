using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Shared;

/// <summary>
/// What all threads together did with each name, by the answers that they had: a call that succeeded brought a name or took it, and no
/// call here replaces one. So for each name, those that brought it less those that took it is 1 if it is there at the end, else 0: an
/// answer that was not true, or a change that came twice or not at all, breaks that. Adding is safe from several threads.
/// </summary>
internal sealed class SharedNames
{
    private readonly Dictionary<string, int> _balance = [];

    public void Add(Call call, in Outcome outcome)
    {
        if (!outcome.Succeeded)
        {
            return;
        }

        lock (_balance)
        {
            switch (call.Kind)
            {
                case CallKind.Open or CallKind.Mkdir or CallKind.Symlink or CallKind.Mknod:
                    Count(call.Path, 1);
                    break;
                case CallKind.Link:
                    Count(call.Path2, 1);
                    break;
                case CallKind.Unlink or CallKind.Rmdir:
                    Count(call.Path, -1);
                    break;
                case CallKind.Rename when call.Flags == Linux.RENAME_NOREPLACE:
                    Count(call.Path, -1);
                    Count(call.Path2, 1);
                    break;
            }
        }
    }

    /// <summary>What the tree says otherwise.</summary>
    public List<string> Compare(Side side)
    {
        List<string> wrong = [];
        foreach ((string path, int balance) in _balance)
        {
            int there = side.Execute(new Call { Kind = CallKind.Lstat, Path = path }).Succeeded ? 1 : 0;
            if (balance != there)
            {
                wrong.Add($"{path}: by the answers it was brought {balance} times more often than taken, and it is {(there == 1 ? "" : "not ")}there");
            }
        }

        return wrong;
    }

    private void Count(string path, int change) => _balance[path] = _balance.GetValueOrDefault(path) + change;
}
