namespace KafkaFs.Differential.Model;

/// <summary>
/// What a reader of an open directory has to be shown: every name that was there all the time, once; and none that never was. What came or went
/// meanwhile may be shown or not (readdir(3)).
/// </summary>
internal sealed class DirectoryScan(ModelInode directory)
{
    private readonly HashSet<string> _throughout = [.. directory.Names.Keys];
    private readonly HashSet<string> _ever = [.. directory.Names.Keys];

    public ModelInode Directory { get; } = directory;

    /// <summary>A name came, went, or leads elsewhere now.</summary>
    public void OnChanged(string name)
    {
        _throughout.Remove(name);
        _ever.Add(name);
    }

    /// <summary>From the beginning again.</summary>
    public void Rewind()
    {
        _throughout.Clear();
        _ever.Clear();
        _throughout.UnionWith(Directory.Names.Keys);
        _ever.UnionWith(Directory.Names.Keys);
    }

    /// <summary>What is wrong with the names that a whole scan has shown, or null.</summary>
    public string? Judge(List<string> seen)
    {
        HashSet<string> once = [];
        foreach (string name in seen)
        {
            if (!_ever.Contains(name))
            {
                return $"shows {Calls.CallText.Escape(name)}, which was never there";
            }

            if (!once.Add(name) && _throughout.Contains(name))
            {
                return $"shows {Calls.CallText.Escape(name)} twice";
            }
        }

        string? missing = _throughout.FirstOrDefault(name => !once.Contains(name));
        return missing is null ? null : $"does not show {Calls.CallText.Escape(missing)}, which was there all the time";
    }
}
