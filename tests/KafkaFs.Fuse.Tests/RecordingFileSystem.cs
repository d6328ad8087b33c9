using System.Text;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;

namespace KafkaFs.Fuse.Tests;

/// <summary>Writes down what it is asked and answers ok; the name "held" is kept, "throw" fails, "forget" is not answered.</summary>
internal sealed class RecordingFileSystem : FuseFileSystem
{
    public List<string> Calls { get; } = [];

    public FuseRequest? Held { get; private set; }

    public int Interrupts { get; private set; }

    public Action<FuseRequest>? OnInterrupt { get; set; }

    public override void Lookup(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name)
    {
        string text = Encoding.UTF8.GetString(name);
        Calls.Add($"lookup {parent.Value} {text}");
        switch (text)
        {
            case "held":
                request.Defer();
                Held = request;
                break;
            case "throw":
                throw new InvalidOperationException("made to fail");
            case "forget":
                break;
            default:
                request.ReplyEntry(new FuseEntry(new NodeId(7), new FuseAttr { Inode = 7, Mode = 0x81a4 }, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2)));
                break;
        }
    }

    public override void Forget(NodeId node, ulong count) => Calls.Add($"forget {node.Value} {count}");

    public override void GetAttr(FuseRequest request, NodeId node, HandleId? handle) => Note(request, $"getattr {node.Value} {handle?.Value}");

    public override void Statx(FuseRequest request, NodeId node) => Note(request, $"statx {node.Value}");

    public override void SetAttr(FuseRequest request, NodeId node, in SetAttrRequest arguments) =>
        Note(request, $"setattr {node.Value} {arguments.Valid} size {arguments.Size} mode {arguments.Mode} mtime {arguments.MtimeNs} uid {arguments.Uid}");

    public override void ReadLink(FuseRequest request, NodeId node) => Note(request, $"readlink {node.Value}");

    public override void SymLink(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        Note(request, $"symlink {parent.Value} {Encoding.UTF8.GetString(name)} {Encoding.UTF8.GetString(target)}");

    public override void MkNod(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint rdev) =>
        Note(request, $"mknod {parent.Value} {Encoding.UTF8.GetString(name)} {mode:x} {rdev}");

    public override void MkDir(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode) =>
        Note(request, $"mkdir {parent.Value} {Encoding.UTF8.GetString(name)} {mode:x}");

    public override void Unlink(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name) =>
        Note(request, $"unlink {parent.Value} {Encoding.UTF8.GetString(name)}");

    public override void RmDir(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name) =>
        Note(request, $"rmdir {parent.Value} {Encoding.UTF8.GetString(name)}");

    public override void Rename(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, NodeId newParent, ReadOnlySpan<byte> newName, uint flags) =>
        Note(request, $"rename {parent.Value} {Encoding.UTF8.GetString(name)} {newParent.Value} {Encoding.UTF8.GetString(newName)} {flags}");

    public override void Link(FuseRequest request, NodeId node, NodeId newParent, ReadOnlySpan<byte> newName) =>
        Note(request, $"link {node.Value} {newParent.Value} {Encoding.UTF8.GetString(newName)}");

    public override void Open(FuseRequest request, NodeId node, uint flags, bool killSuidGid) => Note(request, $"open {node.Value} {flags:x} {killSuidGid}");

    public override void Create(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint flags) =>
        Note(request, $"create {parent.Value} {Encoding.UTF8.GetString(name)} {mode:x} {flags:x}");

    public override void Read(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size) =>
        Note(request, $"read {node.Value} {handle.Value} {offset} {size}");

    public override void Write(FuseRequest request, NodeId node, HandleId handle, ulong offset, ReadOnlySpan<byte> data, FuseWriteFlags writeFlags, uint openFlags) =>
        Note(request, $"write {node.Value} {handle.Value} {offset} {Convert.ToHexString(data)} {writeFlags} {openFlags:x}");

    public override void Flush(FuseRequest request, NodeId node, HandleId handle) => Note(request, $"flush {handle.Value}");

    public override void FSync(FuseRequest request, NodeId node, HandleId handle, bool dataOnly) => Note(request, $"fsync {handle.Value} {dataOnly}");

    public override void FSyncDir(FuseRequest request, NodeId node, HandleId handle) => Note(request, $"fsyncdir {handle.Value}");

    public override void Release(FuseRequest request, NodeId node, HandleId handle) => Note(request, $"release {handle.Value}");

    public override void OpenDir(FuseRequest request, NodeId node) => Note(request, $"opendir {node.Value}");

    public override void ReadDir(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size, bool plus) =>
        Note(request, $"readdir {handle.Value} {offset} {size} {plus}");

    public override void ReleaseDir(FuseRequest request, NodeId node, HandleId handle) => Note(request, $"releasedir {handle.Value}");

    public override void StatFs(FuseRequest request, NodeId node) => Note(request, "statfs");

    public override void SetXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, uint flags) =>
        Note(request, $"setxattr {Encoding.UTF8.GetString(name)} {Convert.ToHexString(value)} {flags}");

    public override void GetXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name, int size) =>
        Note(request, $"getxattr {Encoding.UTF8.GetString(name)} {size}");

    public override void ListXattr(FuseRequest request, NodeId node, int size) => Note(request, $"listxattr {size}");

    public override void RemoveXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name) =>
        Note(request, $"removexattr {Encoding.UTF8.GetString(name)}");

    public override void LSeek(FuseRequest request, NodeId node, HandleId handle, ulong offset, uint whence) =>
        Note(request, $"lseek {handle.Value} {offset} {whence}");

    public override void FAllocate(FuseRequest request, NodeId node, HandleId handle, ulong offset, ulong length, uint mode) =>
        Note(request, $"fallocate {handle.Value} {offset} {length} {mode}");

    public override void Interrupt(FuseRequest request)
    {
        Interrupts++;
        OnInterrupt?.Invoke(request);
    }

    private void Note(FuseRequest request, string call)
    {
        Calls.Add(call);
        request.ReplyError(Errno.None);
    }
}
