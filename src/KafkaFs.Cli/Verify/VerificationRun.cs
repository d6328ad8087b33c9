using System.Globalization;
using KafkaFs.Cli.Compare;
using KafkaFs.Replica;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;

namespace KafkaFs.Cli.Verify;

/// <summary>Compares a stopped replica's tree with its namespace, and its contents with another replica's; a line for each difference.</summary>
internal sealed class VerificationRun(StoppedReplica replica, StoppedReplica? other, TextWriter output, WorkProgress progress)
{
    /// <summary>True if there is no difference. Throws IOException for what cannot be read.</summary>
    public bool Run(CancellationToken stop)
    {
        TreeVerifier tree = new(replica.Root, replica.Namespace, replica.Ownership, Print) { Progress = progress };
        tree.Run();
        ContentVerifier? contents = other is null ? null : new ContentVerifier(replica, other) { Progress = progress };
        contents?.Run(Print, stop);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"position {replica.Namespace.NextOffset}, state hash {replica.Namespace.StateHash:x32}"));
        output.WriteLine(Summary(tree, contents));
        return tree.Differences == 0 && contents is null or { Differences: 0 };
    }

    /// <summary>One difference as a line.</summary>
    public void Print(TreeDifference difference) =>
        output.WriteLine($"{(difference.Path.Length == 0 ? "." : EscapedName.Of(difference.Path))}: {difference.What}");

    private string Summary(TreeVerifier tree, ContentVerifier? contents)
    {
        List<string> parts = [string.Create(CultureInfo.InvariantCulture, $"{tree.Names} names compared")];
        if (contents is not null)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"contents of {contents.Files} files, {contents.Bytes} bytes"));
        }

        long differences = tree.Differences + (contents?.Differences ?? 0);
        parts.Add(differences == 0 ? "equal" : string.Create(CultureInfo.InvariantCulture, $"{differences} differences"));
        if (contents is null)
        {
            parts.Add("not compared: contents (--content)");
        }

        if (replica.Ownership == TreeOwnership.Namespace)
        {
            parts.Add("not compared, since they are not in the tree (Ownership=namespace): owners, suid and sgid, devices, privileged xattrs");
        }

        if (tree.LongTargets > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"targets of {tree.LongTargets} symlinks are longer than this filesystem holds, and not compared"));
        }

        return string.Join("; ", parts);
    }
}
