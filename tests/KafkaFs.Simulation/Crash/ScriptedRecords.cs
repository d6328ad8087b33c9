using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Simulation.Model;

namespace KafkaFs.Simulation.Crash;

/// <summary>
/// Records from words, one command a line, with paths as the model has them at that moment: `mkdir P`, `create P`, `write P OFFSET TEXT`,
/// `append P TEXT`, `truncate P SIZE`, `link P NEW`, `unlink P`, `rmdir P`, `rename P NEW`, `exchange P NEW`, `chmod P OCTAL`, `setxattr P TEXT`.
/// </summary>
internal sealed class ScriptedRecords(NaiveFilesystem model)
{
    private static readonly Guid s_filesystem = new("11111111-2222-3333-4444-555555555555");

    private long _timeNs = 1_699_999_000_000_000_000;
    private uint _counter;
    private ulong _sequence;

    /// <summary>The records with which every log begins: the filesystem and a session.</summary>
    public IEnumerable<byte[]> Beginning()
    {
        yield return Encode(new Change { Kind = ChangeKind.FilesystemCreated, Mode = 0x1ed, Limits = Limits.Default }, 0, 0);
        yield return Encode(new Change { Kind = ChangeKind.SessionStarted, Master = new Guid(1, 0, 0, new byte[8]), Run = 1, Uuid = new Guid(2, 0, 0, new byte[8]) }, 0, 0);
    }

    public byte[] Of(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Encode(ChangeOf(words), 1, _sequence++);
    }

    private Change ChangeOf(string[] words)
    {
        (FileId parent, byte[] name) = Split(words[1]);
        (FileId newParent, byte[] newName) = words.Length > 2 && words[0] is "link" or "rename" or "exchange" ? Split(words[2]) : default;
        FileId there = words[0] is "mkdir" or "create" or "unlink" or "rmdir" or "rename" or "exchange" ? default : Find(words[1]);
        return words[0] switch
        {
            "mkdir" => new Change { Kind = ChangeKind.Mkdir, Parent = parent, Name = name, Mode = 0x1ed, Inode = NewId() },
            "create" => new Change { Kind = ChangeKind.Create, Parent = parent, Name = name, Mode = 0x1a4, Inode = NewId() },
            "write" => new Change { Kind = ChangeKind.Write, Inode = there, Offset = ulong.Parse(words[2]), Data = Bytes(words[3]) },
            "append" => new Change { Kind = ChangeKind.Write, Inode = there, Data = Bytes(words[2]), Flags = ChangeFlags.Append },
            "truncate" => new Change { Kind = ChangeKind.Truncate, Inode = there, Size = ulong.Parse(words[2]) },
            "link" => new Change { Kind = ChangeKind.Link, Inode = there, Parent = newParent, Name = newName },
            "unlink" => new Change { Kind = ChangeKind.Unlink, Parent = parent, Name = name },
            "rmdir" => new Change { Kind = ChangeKind.Rmdir, Parent = parent, Name = name },
            "rename" => new Change { Kind = ChangeKind.Rename, Parent = parent, Name = name, NewParent = newParent, NewName = newName },
            "exchange" => new Change { Kind = ChangeKind.Rename, Parent = parent, Name = name, NewParent = newParent, NewName = newName, Flags = ChangeFlags.RenameExchange },
            "chmod" => new Change { Kind = ChangeKind.SetAttr, Inode = there, HasMode = true, Mode = Convert.ToUInt32(words[2], 8) },
            "setxattr" => new Change { Kind = ChangeKind.SetXattr, Inode = there, Name = "user.x"u8, Data = Bytes(words[2]) },
            _ => throw new ArgumentException($"No command '{words[0]}'.", nameof(words)),
        };
    }

    private FileId NewId() => FileId.Of(new SessionId(1), ++_counter);

    private (FileId Parent, byte[] Name) Split(string path)
    {
        int slash = path.LastIndexOf('/');
        return (slash < 0 ? FileId.Root : Find(path[..slash]), Bytes(path[(slash + 1)..]));
    }

    private FileId Find(string path)
    {
        ModelInode found = model.Root;
        foreach (string name in path.Split('/'))
        {
            found = found.Entries[name].Inode;
        }

        return new FileId(found.Id);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    private byte[] Encode(Change change, uint session, ulong sequence)
    {
        change.Header.Filesystem = s_filesystem;
        change.Header.Level = 1;
        change.Header.Session = new SessionId(session);
        change.Header.Sequence = sequence;
        change.Header.TimeNs = _timeNs += 1_000_000;
        return ChangeCodec.Encode(change);
    }
}
