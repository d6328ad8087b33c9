using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>
/// A client's connection and the one to the broker that belongs to it. It ends with the broker's side, or when it is cut; disposed
/// after that.
/// </summary>
internal sealed class ProxyConnection(Socket client, Func<KafkaFrame, Fate> judge, Func<Task> hold) : IDisposable
{
    private readonly Socket _broker = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly ConcurrentDictionary<int, KafkaFrame> _asked = [];
    private readonly CancellationTokenSource _cut = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>Carries frames to and fro until one side is gone; closes both.</summary>
    public async Task RunAsync(EndPoint broker)
    {
        bool abort = true;
        try
        {
            client.NoDelay = true;
            await _broker.ConnectAsync(broker, _cut.Token);
            Task requests = new FrameLane(client, _broker, JudgeRequest, hold).RunAsync(_cut.Token);
            Task responses = new FrameLane(_broker, client, JudgeResponse, hold).RunAsync(_cut.Token);
            Task first = await Task.WhenAny(requests, responses);
            await first;
            await responses;
            abort = false;
        }
        catch (Exception exception) when (exception is ConnectionCutException or OperationCanceledException or SocketException)
        {
            // Cut by the plan, by a test, or since there is no broker: the client sees a reset.
        }
        finally
        {
            Close(abort);
        }
    }

    /// <summary>Resets both sides; what is held or delayed is lost.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _cut.Cancel();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            client.Dispose();
            _broker.Dispose();
            _cut.Dispose();
        }
    }

    private Fate JudgeRequest(byte[] bytes)
    {
        KafkaFrame frame = KafkaFrame.Request(bytes);
        _asked[frame.CorrelationId] = frame with { Bytes = default };
        return judge(frame);
    }

    private Fate JudgeResponse(byte[] bytes)
    {
        KafkaFrame frame = KafkaFrame.Response(bytes, correlation => _asked.TryRemove(correlation, out KafkaFrame request) ? request : null);
        Fate fate = judge(frame);
        if (fate.Kind == FateKind.AnswerError && frame.Api == KafkaApi.Produce)
        {
            ProduceResponse.SetError(bytes, frame.Version, fate.Error);
        }

        return fate;
    }

    private void Close(bool abort)
    {
        Cut();
        foreach (Socket socket in (Socket[])[client, _broker])
        {
            if (abort)
            {
                socket.LingerState = new LingerOption(true, 0);
            }

            socket.Close();
        }
    }
}
