using KafkaFs.Fuse.Tests;
using KafkaFs.Journal;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>Writes that are answered early may take 64 MiB; what comes then waits for room.</summary>
public sealed class WriteRoomTests : IDisposable
{
    private const int MaxBytes = 64 * 1024 * 1024;
    private const int PieceBytes = 128 * 1024;

    private readonly MasterUnderTest _master = MasterUnderTest.Start(stallAfterSeconds: 1);
    private readonly FileId _node;
    private readonly ulong _handle;
    private ulong _offset;

    public WriteRoomTests() => (_node, _handle) = _master.Created("file");

    [Fact]
    public void G8_AWriteBeyondTheQueueWaitsForRoom()
    {
        Fill(PieceBytes);
        long pending = _master.FileSystem.PendingBytes;
        _master.Serve(Next(3));
        _master.AssertNoAnswer();
        // Nothing of it is queued: an interrupted caller may write it again.
        Assert.Equal(pending, _master.FileSystem.PendingBytes);
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
        _master.Flush(_node, _handle);
        Assert.Equal(_offset, _master.GetAttr(_node).Size);
    }

    // What is known of a write takes more memory than a byte.
    [Fact]
    public void G8_WritesOfAByteAreBoundedToo()
    {
        Fill(1, apart: 1);
        _master.Serve(Next(1));
        _master.AssertNoAnswer();
    }

    // A program that a timer interrupts, and that tries again, for as long as the journal is away.
    [Fact]
    public void G6_AWriteThatWasInterruptedTakesNoRoomFromTheNext()
    {
        Fill(PieceBytes);
        _master.AwaitStall();
        for (int attempt = 0; attempt < 3; attempt++)
        {
            RequestBytes write = Next(PieceBytes);
            _master.Serve(write);
            _master.Serve(MasterUnderTest.InterruptRequest(write));
            Assert.Equal(Errno.EINTR, _master.Answer().Errno);
        }

        _master.Serve(Next(PieceBytes));
        _master.AssertNoAnswer();
        _master.Let(1);
        Assert.Equal(Errno.None, _master.Answer().Errno);
    }

    // Each record that is through lets in as much as it was, however many are through before the first of them begins.
    [Fact]
    public void G8_NoMoreIsLetInThanThereIsRoomFor()
    {
        Fill(PieceBytes);
        for (int count = 0; count < 200; count++)
        {
            _master.Serve(Next(PieceBytes));
        }

        _master.Let(12);
        for (int count = 0; count < 12; count++)
        {
            Assert.Equal(Errno.None, _master.Answer().Errno);
        }

        _master.AssertNoAnswer();
        Assert.InRange(_master.FileSystem.PendingBytes, MaxBytes / 2, MaxBytes + PieceBytes);
    }

    public void Dispose() => _master.Dispose();

    // The last one that is answered may go beyond.
    private void Fill(int length, int apart = 0)
    {
        _master.IsStalled = true;
        for (int count = (MaxBytes / (length + EarlyWrites.OverheadBytes)) + 1; count > 0; count--)
        {
            Assert.Equal(Errno.None, _master.Call(Next(length)).Errno);
            _offset += (ulong)apart;
        }
    }

    private RequestBytes Next(int length)
    {
        _offset += (ulong)length;
        return _master.WriteRequest(_node, _handle, _offset - (ulong)length, new byte[length]);
    }
}
