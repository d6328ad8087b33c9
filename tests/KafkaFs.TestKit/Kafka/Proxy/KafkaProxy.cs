using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>
/// Stands between clients and one broker, on the loopback, and lets each frame meet the fate that a plan gives it. Clients stay behind
/// it because the broker advertises this address: <see cref="ProxiedCluster"/>. Thread-safe.
/// </summary>
public sealed class KafkaProxy : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly EndPoint _broker;
    private readonly ConcurrentDictionary<ProxyConnection, Task> _connections = [];
    private readonly ConcurrentDictionary<(FrameDirection, KafkaApi), int> _seen = [];
    private readonly ConcurrentQueue<Exception> _failures = [];
    private readonly Lock _gate = new();
    private IFaultPlan _faults = FaultScript.Calm;
    private TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket _listener;
    private int _held;

    /// <param name="port">Where clients connect to; 0 for any.</param>
    /// <param name="broker">Where the broker listens.</param>
    public KafkaProxy(int port, EndPoint broker)
    {
        _broker = broker;
        _listener = Bind(port);
        Listen();
    }

    /// <summary>Port that clients connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>What decides from the next frame on.</summary>
    public IFaultPlan Faults
    {
        get => Volatile.Read(ref _faults);
        set => Volatile.Write(ref _faults, value);
    }

    /// <summary>Open connections.</summary>
    public int Connections => _connections.Count;

    /// <summary>Frames that were held since the last <see cref="Release"/>.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>How many frames came, whatever became of them.</summary>
    public int Seen(FrameDirection direction, KafkaApi api) => _seen.GetValueOrDefault((direction, api));

    /// <summary>Waits until so many frames are held; throws <see cref="TimeoutException"/> after 30 s.</summary>
    public Task HeldAsync(int count = 1) => UntilAsync(() => Held >= count, $"{count} held frames");

    /// <summary>Waits until so many frames came; throws <see cref="TimeoutException"/> after 30 s.</summary>
    public Task SeenAsync(FrameDirection direction, KafkaApi api, int count) =>
        UntilAsync(() => Seen(direction, api) >= count, $"{count} {api} {direction}s");

    /// <summary>What is held arrives now, in order; what the plan holds from here on waits for the next call.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _release.SetResult();
            _release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _held = 0;
        }
    }

    /// <summary>Resets all open connections, at both ends.</summary>
    public void CutAll()
    {
        foreach (ProxyConnection connection in _connections.Keys)
        {
            connection.Cut();
        }
    }

    /// <summary>New connections are refused (ECONNREFUSED), while open ones go on.</summary>
    public void Refuse() => Rebind();

    /// <summary>Connections are accepted again.</summary>
    public void Accept()
    {
        Rebind();
        Listen();
    }

    /// <summary>Cuts everything, and waits for the ends. Throws what a connection failed with: frames that are none.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _listener.Dispose();
        }

        CutAll();
        Task.WaitAll([.. _connections.Values], s_limit);
        if (!_failures.IsEmpty)
        {
            throw new AggregateException(_failures);
        }
    }

    private static Socket Bind(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    // Bound without listening: nobody else gets the port, and the kernel refuses.
    private void Rebind()
    {
        lock (_gate)
        {
            int port = Port;
            _listener.Dispose();
            _listener = Bind(port);
        }
    }

    private void Listen()
    {
        lock (_gate)
        {
            _listener.Listen(128);
            _ = AcceptAsync(_listener);
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                Carry(await listener.AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It was closed: refused from now on, or the end.
        }
    }

    private void Carry(Socket client)
    {
        ProxyConnection connection = new(client, Judge, HoldAsync);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = ended.Task;
        _ = Task.Run(async () =>
        {
            try
            {
                await connection.RunAsync(_broker);
            }
            catch (InvalidDataException exception)
            {
                _failures.Enqueue(exception);
            }
            finally
            {
                _connections.TryRemove(connection, out _);
                connection.Dispose();
                ended.SetResult();
            }
        });
    }

    private Fate Judge(KafkaFrame frame)
    {
        _seen.AddOrUpdate((frame.Direction, frame.Api), 1, (_, count) => count + 1);
        return Faults.Of(frame);
    }

    private Task HoldAsync()
    {
        lock (_gate)
        {
            _held++;
            return _release.Task;
        }
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !condition();)
        {
            if (watch.Elapsed > s_limit)
            {
                throw new TimeoutException($"The proxy did not see {what} within {s_limit.TotalSeconds} s.");
            }

            await Task.Delay(10);
        }
    }
}
