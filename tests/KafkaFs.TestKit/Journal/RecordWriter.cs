using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;

namespace KafkaFs.TestKit.Journal;

/// <summary>Encodes the records of one master's session in the order of their sequence.</summary>
public sealed class RecordWriter(Guid filesystem, Guid master, uint session = 1)
{
    private ulong _sequence;
    private uint _counter;

    public byte[] FilesystemCreated()
    {
        Change change = new() { Kind = ChangeKind.FilesystemCreated, Mode = 0x1ed, Limits = Limits.Default };
        return Encode(ref change, 0, 0);
    }

    public byte[] SessionStarted(ulong run = 1)
    {
        Change change = new() { Kind = ChangeKind.SessionStarted, Master = master, Run = run, Uuid = Guid.NewGuid() };
        return Encode(ref change, 0, 0);
    }

    public byte[] Mkdir(string name, FileId? parent = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Change change = new() { Kind = ChangeKind.Mkdir, Inode = FileId.Of(new SessionId(session), ++_counter), Parent = parent ?? FileId.Root, Name = bytes, Mode = 0x1ed };
        return Encode(ref change, session, _sequence++);
    }

    public byte[] Create(string name, FileId? parent = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Change change = new() { Kind = ChangeKind.Create, Inode = FileId.Of(new SessionId(session), ++_counter), Parent = parent ?? FileId.Root, Name = bytes, Mode = 0x1ed };
        return Encode(ref change, session, _sequence++);
    }

    public byte[] Write(FileId inode, byte[] data)
    {
        Change change = new() { Kind = ChangeKind.Write, Inode = inode, Data = data };
        return Encode(ref change, session, _sequence++);
    }

    public byte[] Rmdir(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Change change = new() { Kind = ChangeKind.Rmdir, Parent = FileId.Root, Name = bytes };
        return Encode(ref change, session, _sequence++);
    }

    /// <summary>The inode that was made last.</summary>
    public FileId Last => FileId.Of(new SessionId(session), _counter);

    public byte[] FormatRaised(uint level)
    {
        Change change = new() { Kind = ChangeKind.FormatRaised, NewLevel = level };
        return Encode(ref change, session, _sequence++);
    }

    /// <summary>A new FileId of the session.</summary>
    public FileId Next() => FileId.Of(new SessionId(session), ++_counter);

    /// <summary>Any change, as the session's next record.</summary>
    public byte[] Encode(ref Change change) => Encode(ref change, session, _sequence++);

    private byte[] Encode(ref Change change, uint ofSession, ulong sequence)
    {
        change.Header.Filesystem = filesystem;
        change.Header.Level = ChangeCodec.Level;
        change.Header.Session = new SessionId(ofSession);
        change.Header.Sequence = sequence;
        change.Header.TimeNs = VolatileJournal.AppendTimeMs * 1_000_000;
        return ChangeCodec.Encode(change);
    }
}
