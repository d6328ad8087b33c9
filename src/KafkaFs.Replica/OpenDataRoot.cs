using KafkaFs.Journal;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica;

/// <summary>A data root with its tree and its index, opened and locked together.</summary>
internal sealed partial class OpenDataRoot : IDisposable
{
    private OpenDataRoot(DataRoot root, DataTree tree) => (Root, Tree, Index) = (root, tree, NamespaceIndex.Open(root.IndexPath));

    public DataRoot Root { get; }

    public DataTree Tree { get; }

    public NamespaceIndex Index { get; }

    /// <summary>Throws <see cref="DataRootException"/>, with nothing left open.</summary>
    public static OpenDataRoot Open(ReplicaOptions options, ILogger logger)
    {
        DataRoot root = DataRoot.Open(options.DataRoot, options.MayHoldFiles);
        OpenDataRoot? opened = null;
        try
        {
            opened = new OpenDataRoot(root, DataTree.Open(root, RecordedOwnership.Choose(root, options.Ownership)));
        }
        finally
        {
            if (opened is null)
            {
                root.Dispose();
            }
        }

        opened.Tree.StrangerMoved = (name, place) => LogStranger(logger, name, root.Path, place);
        foreach (string warning in root.Warnings.Concat(opened.Tree.Warnings))
        {
            LogWarning(logger, warning);
        }

        return opened;
    }

    /// <summary>Throws <see cref="DataRootException"/> if the filesystem below does not hold what the KafkaFS filesystem allows.</summary>
    public void RequireLimits(in Limits limits) => LimitsProbe.Require(Root, limits, Tree.Ownership);

    /// <inheritdoc/>
    public void Dispose()
    {
        Index.Dispose();
        Tree.Dispose();
        Root.Dispose();
    }

    [LoggerMessage(4111, LogLevel.Warning, "'{Name}' stood in the way of the filesystem and is kept as {DataRoot}/.kafkafs/foreign/{Place}")]
    private static partial void LogStranger(ILogger logger, string name, string dataRoot, string place);

    [LoggerMessage(4104, LogLevel.Warning, "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);
}
