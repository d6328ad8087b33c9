using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests;

/// <summary>Requests that are answered later: interrupts, and the end of the mount.</summary>
public sealed class DeferredRequestTests : IDisposable
{
    private readonly FakeChannel _channel = new();
    private readonly RecordingFileSystem _fileSystem = new();
    private readonly FuseConnection _connection;

    public DeferredRequestTests() => _connection = new FuseConnection(_channel, _fileSystem, 4_096, NullLogger.Instance);

    [Fact]
    public void AnInterruptReachesTheRequestThatWaits()
    {
        ServeHeld(10);
        Interrupt(10);
        Assert.Equal(1, _fileSystem.Interrupts);
        Assert.True(_fileSystem.Held!.IsInterrupted);
        Assert.Empty(_channel.Replies);
        _fileSystem.Held.ReplyError(Errno.EINTR);
    }

    // EAGAIN would make the kernel send it again at once, for ever, while a read that is not deferred takes its time.
    [Fact]
    public void AnInterruptIsNeverAnswered()
    {
        Interrupt(10);
        Serve(new RequestBytes(FuseOpcode.Interrupt, unique: 11).U32(10 /* half a unique */).Build());
        Assert.Empty(_channel.Replies);
    }

    [Fact]
    public void AnInterruptThatComesFirstIsThereWhenTheRequestIsDeferred()
    {
        Interrupt(10);
        ServeHeld(10);
        Assert.True(_fileSystem.Held!.IsInterrupted);
        Assert.Equal(0, _fileSystem.Interrupts);
        _fileSystem.Held.ReplyError(Errno.EINTR);
        ServeHeld(12);
        Assert.False(_fileSystem.Held.IsInterrupted);
    }

    [Fact]
    public void G8_SoManyInterruptsAreRememberedAndNoMore()
    {
        for (ulong unique = 0; unique <= RememberedInterrupts.Capacity; unique++)
        {
            Interrupt(unique);
        }

        ServeHeld(0);
        Assert.False(_fileSystem.Held!.IsInterrupted);
        ServeHeld(1);
        Assert.True(_fileSystem.Held.IsInterrupted);
    }

    // Answered from another thread while the filesystem looks at it: it must not be another request by then.
    [Fact]
    public void ARequestIsNotUsedAgainWhileItIsInterrupted()
    {
        ServeHeld(10);
        FuseRequest held = _fileSystem.Held!;
        held.State = "state";
        FuseRequest? next = null;
        object? state = null;
        _fileSystem.OnInterrupt = request =>
        {
            request.ReplyError(Errno.EINTR);
            ServeHeld(12);
            (next, state) = (_fileSystem.Held, request.State);
        };
        Interrupt(10);
        Assert.NotSame(held, next);
        Assert.Equal("state", state);
    }

    [Fact]
    public void WhatIsKeptWithARequestGoesWhenItIsAnswered()
    {
        ServeHeld(10);
        _fileSystem.Held!.State = new byte[1024];
        _fileSystem.Held.ReplyError(Errno.None);
        Assert.Null(_fileSystem.Held.State);
    }

    // A notification in the kernel may wait for a lock that the caller of a deferred request holds.
    [Fact]
    public void G6_AtTheEndWhatWaitsIsAnsweredEioAndALateAnswerIsDroppedOnce()
    {
        ServeHeld(10);
        Assert.Equal(1, _connection.EndDeferred());
        AssertRefused(10);
        _fileSystem.Held!.ReplyError(Errno.None);
        Assert.Single(_channel.Replies);
        Assert.Throws<InvalidOperationException>(() => _fileSystem.Held.ReplyError(Errno.EIO));
        Assert.Equal(0, _connection.EndDeferred());
    }

    [Fact]
    public void G6_AfterTheEndNothingIsDeferredAnyMore()
    {
        _connection.EndDeferred();
        ServeHeld(10);
        AssertRefused(10);
        _fileSystem.Held!.ReplyError(Errno.None);
        Assert.Single(_channel.Replies);
    }

    [Fact]
    public void NothingIsToldToTheKernelAfterTheEnd()
    {
        FuseNotifications notifications = new(_channel);
        Assert.Equal(Errno.None, notifications.InvalidateNode(NodeId.Root, content: true));
        notifications.Stop();
        Assert.Equal(Errno.ENODEV, notifications.InvalidateNode(NodeId.Root, content: true));
        Assert.Single(_channel.Replies);
        Assert.Equal(0, notifications.UnderWay);
    }

    public void Dispose()
    {
        _connection.EndDeferred();
        _connection.Dispose();
    }

    private void AssertRefused(ulong unique)
    {
        byte[] reply = Assert.Single(_channel.Replies);
        Assert.Equal(Convert.ToHexString(new ReplyBytes(unique, (int)Errno.EIO).Build()), Convert.ToHexString(reply));
    }

    private void ServeHeld(ulong unique) => Serve(new RequestBytes(FuseOpcode.Lookup, unique).Name("held").Build());

    private void Interrupt(ulong unique) => Serve(new RequestBytes(FuseOpcode.Interrupt, unique | 1).U64(unique).Build());

    private void Serve(byte[] request)
    {
        _channel.Add(request);
        Assert.True(_connection.ServeOne());
    }
}
