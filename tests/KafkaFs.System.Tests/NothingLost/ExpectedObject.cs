namespace KafkaFs.System.Tests.NothingLost;

/// <summary>One file or directory as it must be: what was answered, and nothing else. Owned by one worker.</summary>
internal sealed class ExpectedObject
{
    private ExpectedObject(bool isDirectory, uint mode) => (Children, Mode) = (isDirectory ? [] : null, mode);

    /// <summary>The names of a directory; null for a file.</summary>
    public Dictionary<string, ExpectedObject>? Children { get; }

    /// <summary>Permissions.</summary>
    public uint Mode { get; set; }

    /// <summary>The xattr user.note.</summary>
    public string? Note { get; set; }

    public byte[] Content { get; private set; } = [];

    /// <summary>Names of a file.</summary>
    public int Links { get; private set; }

    public bool IsDirectory => Children is not null;

    public static ExpectedObject File(uint mode) => new(isDirectory: false, mode);

    public static ExpectedObject Directory(uint mode) => new(isDirectory: true, mode);

    /// <summary>Gives a name to <paramref name="child"/>; what had it loses it.</summary>
    public void Place(string name, ExpectedObject child)
    {
        Remove(name);
        Children![name] = child;
        child.Links++;
    }

    public void Remove(string name)
    {
        if (Children!.Remove(name, out ExpectedObject? former))
        {
            former.Links--;
        }
    }

    public void Write(int offset, byte[] data)
    {
        Resize(Math.Max(Content.Length, offset + data.Length));
        data.CopyTo(Content, offset);
    }

    public void Resize(int size)
    {
        // A copy: states are compared one after the other.
        byte[] content = new byte[size];
        Content.AsSpan(0, Math.Min(size, Content.Length)).CopyTo(content);
        Content = content;
    }
}
