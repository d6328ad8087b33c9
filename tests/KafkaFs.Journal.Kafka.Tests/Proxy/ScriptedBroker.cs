using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KafkaFs.TestKit.Kafka.Proxy;

namespace KafkaFs.Journal.Kafka.Tests.Proxy;

/// <summary>A socket that answers each request with its correlation id and the same body, and remembers the order in which requests came.</summary>
internal sealed class ScriptedBroker : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly List<int> _came = [];

    public ScriptedBroker()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The body of all answers.</summary>
    public byte[] Answer { get; set; } = [42];

    public EndPoint EndPoint => _listener.LocalEndpoint;

    /// <summary>Correlation ids of the requests that came.</summary>
    public int[] Came
    {
        get { lock (_lock) { return [.. _came]; } }
    }

    /// <summary>A request with a body of so many bytes.</summary>
    public static byte[] Request(KafkaApi api, int correlation, int body = 3)
    {
        byte[] bytes = new byte[12 + body];
        BinaryPrimitives.WriteInt32BigEndian(bytes, 8 + body);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(4), (short)api);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(6), 9);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), correlation);
        return bytes;
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                while (await KafkaFrame.ReadAsync(client.GetStream(), default) is byte[] request)
                {
                    int correlation = KafkaFrame.Request(request).CorrelationId;
                    lock (_lock)
                    {
                        _came.Add(correlation);
                    }

                    byte[] response = [0, 0, 0, 0, 0, 0, 0, 0, .. Answer];
                    BinaryPrimitives.WriteInt32BigEndian(response, response.Length - 4);
                    BinaryPrimitives.WriteInt32BigEndian(response.AsSpan(4), correlation);
                    await client.GetStream().WriteAsync(response);
                }
            }
            catch (IOException)
            {
                // The proxy has cut the connection.
            }
        }
    }
}
