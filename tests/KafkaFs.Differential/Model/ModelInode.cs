namespace KafkaFs.Differential.Model;

/// <summary>What the names of the model lead to. <see cref="Kind"/> is one of d f l p c b s, as ls(1) has them, with f for a file.</summary>
internal sealed class ModelInode(char kind, string target = "")
{
    public char Kind { get; } = kind;

    public string Target { get; } = target;

    /// <summary>The names in a directory.</summary>
    public Dictionary<string, ModelEntry> Names { get; } = [];

    /// <summary>Where a directory is; null for the root and once it is gone.</summary>
    public ModelEntry? Place { get; set; }

    /// <summary>Open directories that are being read.</summary>
    public List<DirectoryScan> Scans { get; } = [];
}
