using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Comparison;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Model;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Runs;

/// <summary>Makes and removes the directory of a worker on both sides.</summary>
internal static class Subtree
{
    public static PairOfSides Make(Options options, string name, SideProfile profile, NameModel model)
    {
        DataBlock data = new();
        return new PairOfSides(Side(options.Subject, profile.SubjectLacksZeroRange), Side(options.Reference, profile.ReferenceLacksZeroRange), model, profile);

        Side Side(string parent, bool lacksZeroRange)
        {
            string path = Path.Combine(parent, name);
            if (Directory.Exists(path))
            {
                using Side old = new(path, data);
                old.Empty();
                Directory.Delete(path);
            }

            Directory.CreateDirectory(path);
            // Ordinary users make names there too.
            Side side = new(path, data) { LacksZeroRange = lacksZeroRange };
            side.Execute(new Call { Kind = CallKind.Chmod, Path = ".", Mode = 0x1ff });
            return side;
        }
    }

    /// <summary>Ends the use of a pair, and removes what it made.</summary>
    public static void Remove(PairOfSides pair)
    {
        foreach (Side side in (Side[])[pair.Subject, pair.Reference])
        {
            side.CloseAll();
            side.Empty();
            Directory.Delete(side.Path);
        }

        pair.Dispose();
    }
}
