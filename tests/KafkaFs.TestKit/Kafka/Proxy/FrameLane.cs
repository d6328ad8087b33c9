using System.Net.Sockets;
using System.Threading.Channels;

namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>
/// One direction of a connection: reads frames, has each judged, and writes in order what is to arrive, when it is due. It reads on
/// while a frame waits, so that it notices the end of the other side; what was read before that end is still written.
/// </summary>
/// <param name="judge">What becomes of a frame.</param>
/// <param name="hold">Completes when what is held now may go.</param>
internal sealed class FrameLane(Socket from, Socket to, Func<byte[], Fate> judge, Func<Task> hold)
{
    /// <summary>Frames that wait in one direction of a connection; then nothing more is read.</summary>
    private const int MaxWaitingFrames = 4_096;

    private readonly Channel<(byte[] Bytes, Task Due)> _waiting = Channel.CreateBounded<(byte[], Task)>(MaxWaitingFrames);

    /// <summary>Ends when all is written that was read, or the receiver is gone; throws <see cref="ConnectionCutException"/> on the fate Cut.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Task write = WriteAsync(stop);
        try
        {
            await ReadAsync(stop);
        }
        finally
        {
            _waiting.Writer.Complete();
        }

        await write;
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        using NetworkStream stream = new(from, ownsSocket: false);
        bool hangs = false;
        while (await TryReadAsync(stream, stop) is byte[] bytes)
        {
            Fate fate = judge(bytes);
            hangs |= fate.Kind == FateKind.Hang;
            if (fate.Kind == FateKind.Cut)
            {
                throw new ConnectionCutException();
            }

            if (!hangs && fate.Kind != FateKind.Swallow)
            {
                await _waiting.Writer.WriteAsync((bytes, Due(fate, stop)), stop);
            }
        }
    }

    private Task Due(Fate fate, CancellationToken stop) => fate.Kind switch
    {
        FateKind.Delay => Task.Delay(fate.Delay, stop),
        FateKind.Hold => hold().WaitAsync(stop),
        _ => Task.CompletedTask,
    };

    // A reset is an end like another one.
    private static async Task<byte[]?> TryReadAsync(NetworkStream stream, CancellationToken stop)
    {
        try
        {
            return await KafkaFrame.ReadAsync(stream, stop);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task WriteAsync(CancellationToken stop)
    {
        bool isGone = false;
        await foreach ((byte[] bytes, Task due) in _waiting.Reader.ReadAllAsync(stop))
        {
            await due;
            isGone = isGone || !await TryWriteAsync(bytes, stop);
        }

        if (!isGone)
        {
            HalfClose();
        }
    }

    // What the receiver is not there for any more is lost; the rest is still read, or the sender would be cut as well.
    private async Task<bool> TryWriteAsync(byte[] bytes, CancellationToken stop)
    {
        try
        {
            for (ReadOnlyMemory<byte> left = bytes; !left.IsEmpty;)
            {
                left = left[await to.SendAsync(left, stop)..];
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void HalfClose()
    {
        try
        {
            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It was faster.
        }
    }
}
