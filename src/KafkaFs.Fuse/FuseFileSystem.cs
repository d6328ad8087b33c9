using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;

namespace KafkaFs.Fuse;

/// <summary>
/// A filesystem in the kernel's own terms. Each method is called on a reader thread and answers its request, now or, after
/// <see cref="FuseRequest.Defer"/>, later from any thread; it must not wait, since requests behind it wait with it. Spans are valid
/// until the request is answered. What is not overridden answers ENOSYS, which the kernel remembers for most operations.
/// </summary>
public abstract class FuseFileSystem
{
    /// <summary>The kernel and this side have agreed; comes once, before any other call.</summary>
    public virtual void OnConnected(FuseConnectionInfo connection)
    {
    }

    /// <summary>Path resolution of any syscall, one component. The answer counts as a lookup of the inode until FORGET.</summary>
    public virtual void Lookup(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name) => request.ReplyError(Errno.ENOSYS);

    /// <summary>The kernel dropped <paramref name="count"/> of its references; there is no answer.</summary>
    public virtual void Forget(NodeId node, ulong count)
    {
    }

    /// <summary>stat(2), and whenever cached attributes ran out. A handle comes with fstat(2) only sometimes.</summary>
    public virtual void GetAttr(FuseRequest request, NodeId node, HandleId? handle) => request.ReplyError(Errno.ENOSYS);

    /// <summary>statx(2) that asks for the birth time.</summary>
    public virtual void Statx(FuseRequest request, NodeId node) => request.ReplyError(Errno.ENOSYS);

    /// <summary>chmod, chown, truncate, utimensat and their f-forms; the answer has all attributes after it.</summary>
    public virtual void SetAttr(FuseRequest request, NodeId node, in SetAttrRequest arguments) => request.ReplyError(Errno.ENOSYS);

    /// <summary>readlink(2) and path resolution through the link.</summary>
    public virtual void ReadLink(FuseRequest request, NodeId node) => request.ReplyError(Errno.ENOSYS);

    public virtual void SymLink(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) => request.ReplyError(Errno.ENOSYS);

    /// <summary>mknod(2) and mkfifo(3); bind(2) of a Unix socket. The umask is applied already.</summary>
    public virtual void MkNod(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint rdev) => request.ReplyError(Errno.ENOSYS);

    public virtual void MkDir(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode) => request.ReplyError(Errno.ENOSYS);

    public virtual void Unlink(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name) => request.ReplyError(Errno.ENOSYS);

    public virtual void RmDir(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name) => request.ReplyError(Errno.ENOSYS);

    /// <summary>rename(2) and renameat2(2); flags RENAME_NOREPLACE = 1, EXCHANGE = 2, WHITEOUT = 4.</summary>
    public virtual void Rename(
        FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, NodeId newParent, ReadOnlySpan<byte> newName, uint flags) =>
        request.ReplyError(Errno.ENOSYS);

    public virtual void Link(FuseRequest request, NodeId node, NodeId newParent, ReadOnlySpan<byte> newName) => request.ReplyError(Errno.ENOSYS);

    /// <summary>open(2) of a file that exists; with O_TRUNC in <paramref name="flags"/> the content goes too.</summary>
    public virtual void Open(FuseRequest request, NodeId node, uint flags, bool killSuidGid) => request.ReplyError(Errno.ENOSYS);

    /// <summary>open(2) with O_CREAT of a name that the kernel does not know.</summary>
    public virtual void Create(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint flags) => request.ReplyError(Errno.ENOSYS);

    /// <summary>read(2), read-ahead, page faults: up to <paramref name="size"/> bytes, fewer only at the end of the file.</summary>
    public virtual void Read(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size) => request.ReplyError(Errno.ENOSYS);

    /// <summary>write(2) and dirty pages of shared mappings, in pieces of at most max_write.</summary>
    public virtual void Write(
        FuseRequest request, NodeId node, HandleId handle, ulong offset, ReadOnlySpan<byte> data, FuseWriteFlags writeFlags, uint openFlags) =>
        request.ReplyError(Errno.ENOSYS);

    /// <summary>Each close(2) of a descriptor, also of a dup: it comes any number of times for one handle.</summary>
    public virtual void Flush(FuseRequest request, NodeId node, HandleId handle) => request.ReplyError(Errno.ENOSYS);

    public virtual void FSync(FuseRequest request, NodeId node, HandleId handle, bool dataOnly) => request.ReplyError(Errno.ENOSYS);

    public virtual void FSyncDir(FuseRequest request, NodeId node, HandleId handle) => request.ReplyError(Errno.ENOSYS);

    /// <summary>The last reference to the open file is gone; nobody waits for the answer.</summary>
    public virtual void Release(FuseRequest request, NodeId node, HandleId handle) => request.ReplyError(Errno.None);

    public virtual void OpenDir(FuseRequest request, NodeId node) => request.ReplyError(Errno.ENOSYS);

    /// <summary>getdents(2) from <paramref name="offset"/>, which is 0 or what an entry said. READDIRPLUS answers with lookups too.</summary>
    public virtual void ReadDir(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size, bool plus) => request.ReplyError(Errno.ENOSYS);

    public virtual void ReleaseDir(FuseRequest request, NodeId node, HandleId handle) => request.ReplyError(Errno.None);

    public virtual void StatFs(FuseRequest request, NodeId node) => request.ReplyError(Errno.ENOSYS);

    /// <summary>setxattr(2); flags XATTR_CREATE = 1, XATTR_REPLACE = 2.</summary>
    public virtual void SetXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, uint flags) => request.ReplyError(Errno.ENOSYS);

    /// <summary>getxattr(2); a <paramref name="size"/> of 0 asks for the length. security.capability is asked for before writes.</summary>
    public virtual void GetXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name, int size) => request.ReplyError(Errno.ENOSYS);

    /// <summary>listxattr(2); a <paramref name="size"/> of 0 asks for the length.</summary>
    public virtual void ListXattr(FuseRequest request, NodeId node, int size) => request.ReplyError(Errno.ENOSYS);

    public virtual void RemoveXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name) => request.ReplyError(Errno.ENOSYS);

    /// <summary>lseek(2) with SEEK_DATA = 3 or SEEK_HOLE = 4 only.</summary>
    public virtual void LSeek(FuseRequest request, NodeId node, HandleId handle, ulong offset, uint whence) => request.ReplyError(Errno.ENOSYS);

    public virtual void FAllocate(FuseRequest request, NodeId node, HandleId handle, ulong offset, ulong length, uint mode) => request.ReplyError(Errno.ENOSYS);

    /// <summary>
    /// Somebody wants a deferred request to end early (a signal, harmless or not). It stays to be answered: with EINTR if it can be
    /// undone, else as it goes. On a reader thread; must not wait.
    /// </summary>
    public virtual void Interrupt(FuseRequest request)
    {
    }

    /// <summary>A request was answered; for counting. <paramref name="started"/> is a Stopwatch timestamp.</summary>
    public virtual void OnAnswered(FuseOpcode opcode, Errno errno, uint thread, long started)
    {
    }
}
