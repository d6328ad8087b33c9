using System.Buffers.Binary;
using System.Collections.Concurrent;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>What the kernel is told, by notifications that a test holds up as the kernel's locks do.</summary>
public sealed class KernelNotifierTests : IFuseChannel, IDisposable
{
    private const int Inode = 2, Delete = 6, Epoch = 8;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly LookupTable _lookups = new();
    private readonly ConcurrentQueue<(int Code, ulong Node, bool Content)> _sent = new();
    private readonly ManualResetEventSlim _release = new();
    private Predicate<ulong> _isBlocked = _ => false;
    private KernelNotifier? _notifier;

    [Fact]
    public void G6_ANotificationThatIsBlockedHoldsUpNoOther()
    {
        KernelNotifier notifier = Start();
        // Of one lane.
        (FileId blocked, FileId other) = (Known(4), Known(8));
        _isBlocked = node => node == blocked.Value;
        notifier.OnLost(blocked);
        notifier.OnLost(blocked);
        Until(() => notifier.Queued == 1);
        Thread.Sleep(200);
        notifier.OnLost(other);
        Until(() => _sent.Contains((Inode, other.Value, true)));
        Assert.DoesNotContain(_sent, sent => sent.Node == blocked.Value);
        Assert.True(notifier.IsKept(other));
        Assert.False(notifier.IsKept(blocked));
        _release.Set();
        Until(() => notifier.IsKept(blocked));
    }

    // Names of one directory, which a mkdir holds that waits for the journal.
    [Fact]
    public void G6_AnyNumberAboutWhatIsBlockedHoldsUpNoOther()
    {
        KernelNotifier notifier = Start();
        (FileId blocked, FileId other) = (Known(4), Known(8));
        _isBlocked = node => node == blocked.Value;
        const int many = NotificationLane.MaxThreads + 4;
        for (int number = 0; number < many; number++)
        {
            notifier.OnLost(blocked);
        }

        // So long that as many threads as there may be would be blocked.
        Thread.Sleep(NotificationLane.MaxThreads * 110);
        notifier.OnLost(other);
        Until(() => _sent.Contains((Inode, other.Value, true)));
        Assert.Equal(many - 1, notifier.Queued);
        _release.Set();
        Until(() => notifier.IsKept(blocked));
        Assert.Equal(many, _sent.Count(sent => sent == (Inode, blocked.Value, true)));
    }

    // Two threads, of which one never gets through with an inode, since the other finds more about it.
    [Fact]
    public void G5_WhatIsToldAllTheTimeIsToldAgainToo()
    {
        KernelNotifier notifier = Start();
        FileId inode = Known(4);
        _isBlocked = _ => true;
        notifier.OnLost(inode);
        notifier.OnLost(inode);
        Thread.Sleep(300);
        _isBlocked = _ =>
        {
            notifier.OnLost(inode);
            // So long that the other one has it by then.
            Thread.Sleep(30);
            return false;
        };
        _release.Set();
        Until(() => _sent.Contains((Inode, inode.Value, false)));
        _isBlocked = _ => false;
    }

    [Fact]
    public void G8_WhenTooManyWaitEverythingIsDroppedTheRootTooAndWhatHasNoNameIsLetGo()
    {
        KernelNotifier notifier = Start(laneCapacity: 2);
        FileId inode = Known(4);
        _isBlocked = _ => Thread.CurrentThread.Name != "notify-all";
        for (int number = 0; number < 10; number++)
        {
            notifier.OnLost(inode);
        }

        Until(() => _sent.Any(static sent => sent.Code == Delete));
        Assert.Equal([(Epoch, 0UL, false), (Inode, FileId.Root.Value, true), (Inode, inode.Value, true), (Delete, 1UL, false)], _sent.Take(4));
        Assert.InRange(notifier.Sent.All, 1, 10);
        // An answer that was made before may have come after it.
        Until(() => _sent.Contains((Inode, inode.Value, false)));
        _release.Set();
        Until(() => notifier.IsKept(inode));
    }

    // Calls are answered before somebody tells the kernel of changes.
    [Fact]
    public void G5_WhatOthersChangedBeforeTheStartIsDropped()
    {
        FileId inode = Known(4);
        _notifier = New();
        _notifier.OnLost(inode);
        StartNotifier();
        Assert.Equal([(Epoch, 0UL, false), (Inode, FileId.Root.Value, true), (Inode, inode.Value, true), (Delete, 1UL, false)], _sent.Take(4));
        Assert.Equal(0, _notifier.Sent.All);
    }

    // The kernel may store the entries of an answer that was made before the change after the notification; attributes it takes by their version.
    [Fact]
    public void TheListOfADirectoryIsDroppedAgainASecondLater()
    {
        KernelNotifier notifier = Start();
        (FileId directory, FileId file) = (Known(5), Known(6));
        notifier.OnLost(file);
        notifier.RecheckList(directory, notifier.VersionOf(directory));
        Assert.DoesNotContain(_sent, sent => sent.Node == directory.Value);
        notifier.RecheckList(directory, notifier.VersionOf(directory) - 1);
        Until(() => _sent.Count == 4);
        Assert.Equal([true, true], _sent.Where(sent => sent.Node == directory.Value).Select(static sent => sent.Content));
        Assert.Equal([true, false], _sent.Where(sent => sent.Node == file.Value).Select(static sent => sent.Content));
    }

    Errno IFuseChannel.Read(Span<byte> buffer, out int length) => throw new NotSupportedException();

    Errno IFuseChannel.Write(ReadOnlySpan<byte> message)
    {
        int code = BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
        ulong node = code == Epoch ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(message[16..]);
        if (_isBlocked(node))
        {
            _release.Wait(s_limit);
        }

        _sent.Enqueue((code, node, code == Inode && BinaryPrimitives.ReadInt64LittleEndian(message[24..]) >= 0));
        return Errno.None;
    }

    public void Dispose()
    {
        _release.Set();
        _notifier?.Dispose();
    }

    private KernelNotifier Start(int laneCapacity = KernelNotifier.LaneCapacity)
    {
        _notifier = New(laneCapacity);
        StartNotifier();
        _sent.Clear();
        return _notifier;
    }

    private KernelNotifier New(int laneCapacity = KernelNotifier.LaneCapacity) =>
        new(_lookups, static () => [(new FileId(99), FileId.Root, "dead"u8.ToArray())], static () => true, laneCapacity);

    private void StartNotifier()
    {
        _notifier!.Start(new FuseNotifications(this), new FuseConnectionInfo(44, InitFlags.None, 4_096));
        Until(() => _notifier.IsKept(FileId.Root));
    }

    private FileId Known(uint counter)
    {
        FileId inode = FileId.Of(new SessionId(1), counter);
        _lookups.Add(inode);
        return inode;
    }

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, s_limit), "It did not happen in time.");
}
