using System.Runtime.InteropServices;
using System.Text;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <summary>
/// One of the two filesystems as one worker sees it: a subtree, a table of open files and one of mappings. Used by one thread. What a
/// call reads is at the beginning of <see cref="Buffer"/> until the next call.
/// </summary>
internal sealed unsafe partial class Side : IDisposable
{
    public const int Slots = 16;
    public const int Mappings = 4;
    public const int BufferBytes = 16 << 20;
    private const int PathBytes = 8_192;

    private readonly int _root;
    private readonly byte[] _rootPath;
    private readonly int[] _fds = new int[Slots];
    private readonly byte* _path = (byte*)NativeMemory.Alloc(PathBytes);
    private readonly byte* _path2 = (byte*)NativeMemory.Alloc(PathBytes);
    private readonly byte* _buffer = (byte*)NativeMemory.AlignedAlloc(BufferBytes, 4_096);

    /// <param name="path">A directory that exists, absolute.</param>
    /// <param name="data">What the two sides write.</param>
    public Side(string path, DataBlock data)
    {
        (Path, Data, _rootPath) = (path, data, Encoding.UTF8.GetBytes(path + "/"));
        _fds.AsSpan().Fill(-1);
        _root = Libc.openat(Linux.AT_FDCWD, Encode("", _path, absolute: true), Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0);
        if (_root < 0)
        {
            throw new IOException($"{path}: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    public string Path { get; }

    public DataBlock Data { get; }

    public byte* Buffer => _buffer;

    /// <summary>fallocate(2) with ZERO_RANGE is missing here and acted out by a hole, which has the same bytes.</summary>
    public bool LacksZeroRange { get; init; }

    /// <summary>Writes that were shorter than asked for and continued.</summary>
    public long ShortWrites { get; private set; }

    /// <summary>What a call read.</summary>
    public ReadOnlySpan<byte> Read(in Outcome outcome) => new(_buffer, outcome.Bytes);

    public Outcome Execute(Call call)
    {
        // The runtime's signals may interrupt a call that has done nothing yet.
        Outcome outcome = ExecuteOnce(call);
        while (outcome.Errno == Linux.EINTR && call.Kind != CallKind.Close)
        {
            outcome = ExecuteOnce(call);
        }

        return outcome;
    }

    /// <summary>Closes every file and mapping; the number of closes that failed.</summary>
    public int CloseAll()
    {
        int failed = 0;
        for (int slot = 0; slot < Mappings; slot++)
        {
            Unmap(slot);
        }

        for (int slot = 0; slot < Slots; slot++)
        {
            failed += _fds[slot] >= 0 && Libc.close(_fds[slot]) != 0 ? 1 : 0;
            _fds[slot] = -1;
        }

        return failed;
    }

    public void Dispose()
    {
        CloseAll();
        Libc.close(_root);
        NativeMemory.Free(_path);
        NativeMemory.Free(_path2);
        NativeMemory.AlignedFree(_buffer);
    }

    private Outcome ExecuteOnce(Call call) => call.Kind switch
    {
        <= CallKind.Rename => ExecuteOnNames(call),
        <= CallKind.Seek => ExecuteOnContent(call),
        <= CallKind.Munmap => ExecuteOnMapping(call),
        <= CallKind.FremoveXattr => ExecuteOnAttributes(call),
        <= CallKind.Content => ExecuteQuestion(call),
        _ => ExecuteOnDirectory(call),
    };

    private static Outcome Of(long result, int bytes = 0) =>
        result < 0 ? new Outcome(Marshal.GetLastPInvokeError(), -1) : new Outcome(0, result, bytes);

    private int Fd(int slot) => slot < 0 ? -1 : _fds[slot];

    private byte* P(string path) => Encode(path, _path, absolute: false);

    private byte* P2(string path) => Encode(path, _path2, absolute: false);

    private byte* Absolute(string path) => Encode(path, _path, absolute: true);

    private byte* Encode(string path, byte* target, bool absolute)
    {
        Span<byte> bytes = new(target, PathBytes);
        int at = 0;
        if (absolute)
        {
            _rootPath.CopyTo(bytes);
            at = _rootPath.Length;
        }

        at += Encoding.Latin1.GetBytes(path, bytes[at..]);
        bytes[at] = 0;
        return target;
    }

    // With protected_hardlinks (proc_sys_fs(5)) the kernel goes by the mode that it knows: after a write that took suid that is an old one until somebody asks (README).
    private int Link(Call call)
    {
        byte* stat = stackalloc byte[StatFields.NativeBytes];
        _ = Libc.statx(_root, P(call.Path), Linux.AT_SYMLINK_NOFOLLOW, 0x7ff, stat);
        return Libc.linkat(_root, P(call.Path), _root, P2(call.Path2), 0);
    }

    private Outcome ExecuteOnNames(Call call) => Of(call.Kind switch
    {
        CallKind.Mkdir => Libc.mkdirat(_root, P(call.Path), call.Mode),
        CallKind.Mknod => Libc.mknodat(_root, P(call.Path), call.Mode, (ulong)call.Value),
        CallKind.Symlink => Libc.symlinkat(P2(call.Path2), _root, P(call.Path)),
        CallKind.Link => Link(call),
        CallKind.Unlink => Libc.unlinkat(_root, P(call.Path), 0),
        CallKind.Rmdir => Libc.unlinkat(_root, P(call.Path), Linux.AT_REMOVEDIR),
        _ => Libc.renameat2(_root, P(call.Path), _root, P2(call.Path2), (uint)call.Flags),
    });
}
