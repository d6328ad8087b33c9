namespace KafkaFs.Differential.Model;

/// <summary>A name in a directory.</summary>
internal sealed class ModelEntry(ModelInode directory, string name, ModelInode inode)
{
    public ModelInode Directory { get; } = directory;

    public string Name { get; } = name;

    public ModelInode Inode { get; } = inode;

    /// <summary>Its place in the list of all entries.</summary>
    public int Index { get; set; }

    /// <summary>The path from the root of the model.</summary>
    public string Path
    {
        get
        {
            string path = Name;
            for (ModelEntry? above = Directory.Place; above is not null; above = above.Directory.Place)
            {
                path = above.Name + "/" + path;
            }

            return path;
        }
    }

    /// <summary>How many directories below the root's it is.</summary>
    public int Depth
    {
        get
        {
            int depth = 0;
            for (ModelEntry? above = Directory.Place; above is not null; above = above.Directory.Place)
            {
                depth++;
            }

            return depth;
        }
    }
}
