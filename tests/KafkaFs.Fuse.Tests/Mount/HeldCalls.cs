using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>A root with one file, where MKDIR and WRITE, and FLUSH if it is to, wait for ever: their callers hold the locks of the directory and of a page.</summary>
internal sealed class HeldCalls : FuseFileSystem
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public static NodeId File => new(2);

    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool HoldsFlush { get; init; }

    /// <summary>The thread that waits in a FLUSH.</summary>
    public TaskCompletionSource<uint> Flushing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Lookup(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name) =>
        request.ReplyEntry(name.SequenceEqual("file"u8) ? new FuseEntry(File, Attr(File), s_second, s_second) : default);

    public override void GetAttr(FuseRequest request, NodeId node, HandleId? handle) => request.ReplyAttr(Attr(node), s_second);

    public override void Open(FuseRequest request, NodeId node, uint flags, bool killSuidGid) => request.ReplyOpen(default, FuseOpenFlags.None);

    public override void MkDir(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode) => Hold(request);

    public override void Write(
        FuseRequest request, NodeId node, HandleId handle, ulong offset, ReadOnlySpan<byte> data, FuseWriteFlags writeFlags, uint openFlags) =>
        Hold(request);

    public override void Flush(FuseRequest request, NodeId node, HandleId handle)
    {
        if (!HoldsFlush)
        {
            request.ReplyError(Errno.None);
            return;
        }

        Flushing.TrySetResult(request.Thread);
        request.Defer();
    }

    private void Hold(FuseRequest request)
    {
        request.Defer();
        Held.TrySetResult();
    }

    private static FuseAttr Attr(NodeId node) => new() { Inode = node.Value, Mode = node == File ? 0x81b6u : 0x41ffu, Links = 2 };
}
