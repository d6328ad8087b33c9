using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KafkaFs.TestKit.Kafka.Proxy;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests.Proxy;

/// <summary>Each fate of a frame, seen by a client and a broker that are a few lines each.</summary>
public sealed class KafkaProxyTests : IDisposable
{
    private readonly ScriptedBroker _broker = new();
    private readonly KafkaProxy _proxy;
    private readonly List<TcpClient> _clients = [];

    public KafkaProxyTests() => _proxy = new KafkaProxy(0, _broker.EndPoint);

    [Fact]
    public async Task ACalmProxyPassesEverythingOn()
    {
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Metadata, 1);
        await SendAsync(client, KafkaApi.Produce, 2, body: 1 << 20);
        Assert.Equal([1, 2], [await ReceiveAsync(client), await ReceiveAsync(client)]);
        Assert.Equal((1, 1), (_proxy.Seen(FrameDirection.Request, KafkaApi.Produce), _proxy.Seen(FrameDirection.Response, KafkaApi.Produce)));
    }

    [Fact]
    public async Task TheNthResponseIsCutAfterTheBrokerHasDoneWhatWasAsked()
    {
        _proxy.Faults = new FaultScript().Nth(FrameDirection.Response, KafkaApi.Produce, 2, Fate.Cut);
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Produce, 1);
        await SendAsync(client, KafkaApi.Metadata, 2);
        Assert.Equal([1, 2], [await ReceiveAsync(client), await ReceiveAsync(client)]);
        await SendAsync(client, KafkaApi.Produce, 3);
        Assert.Null(await ReceiveAsync(client));
        Assert.Equal([1, 2, 3], _broker.Came);

        NetworkStream second = Connect();
        await SendAsync(second, KafkaApi.Produce, 4);
        Assert.Equal(4, await ReceiveAsync(second));
    }

    [Fact]
    public async Task ARequestThatIsCutDoesNotArrive()
    {
        _proxy.Faults = new FaultScript().Each(FrameDirection.Request, KafkaApi.Produce, Fate.Cut);
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Produce, 1);
        Assert.Null(await ReceiveAsync(client));
        Assert.Empty(_broker.Came);
    }

    [Fact]
    public async Task WhatIsSwallowedIsMissingAndTheRestComes()
    {
        _proxy.Faults = FaultScript.OnlyMetadata;
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Produce, 1);
        await SendAsync(client, KafkaApi.Metadata, 2);
        Assert.Equal(2, await ReceiveAsync(client));
        Assert.Equal([2], _broker.Came);
    }

    [Fact]
    public async Task AfterAHangNothingComesAndTheConnectionStays()
    {
        _proxy.Faults = new FaultScript().Nth(FrameDirection.Response, null, 1, Fate.Hang);
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Produce, 1);
        await SendAsync(client, KafkaApi.Metadata, 2);
        await UntilAsync(() => _broker.Came.Length == 2);
        await AssertSilentAsync(client);
        Assert.Equal(1, _proxy.Connections);
    }

    [Fact]
    public async Task ADelayKeepsTheOrder()
    {
        _proxy.Faults = new FaultScript().Each(FrameDirection.Request, KafkaApi.Produce, Fate.After(TimeSpan.FromMilliseconds(200)));
        NetworkStream client = Connect();
        Stopwatch watch = Stopwatch.StartNew();
        await SendAsync(client, KafkaApi.Produce, 1);
        await SendAsync(client, KafkaApi.Metadata, 2);
        Assert.Equal([1, 2], [await ReceiveAsync(client), await ReceiveAsync(client)]);
        Assert.True(watch.ElapsedMilliseconds >= 190, $"It took {watch.ElapsedMilliseconds} ms.");
    }

    [Fact]
    public async Task WhatIsHeldComesWhenItIsReleasedInOrder()
    {
        _proxy.Faults = FaultScript.HoldEverything;
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Produce, 1);
        await SendAsync(client, KafkaApi.Metadata, 2);
        await _proxy.HeldAsync(2);
        await AssertSilentAsync(client);
        Assert.Empty(_broker.Came);
        _proxy.Faults = FaultScript.Calm;
        _proxy.Release();
        Assert.Equal([1, 2], [await ReceiveAsync(client), await ReceiveAsync(client)]);
    }

    [Fact]
    public async Task AHeldRequestArrivesThoughItsClientIsGone()
    {
        _proxy.Faults = new FaultScript().Each(FrameDirection.Request, KafkaApi.Produce, Fate.Hold);
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Produce, 1);
        await _proxy.HeldAsync();
        client.Socket.LingerState = new LingerOption(true, 0);
        client.Socket.Close();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Empty(_broker.Came);
        _proxy.Release();
        await UntilAsync(() => _broker.Came.Length == 1);
    }

    [Fact]
    public async Task CutConnectionsAreResetAndNewOnesWork()
    {
        NetworkStream client = Connect();
        await SendAsync(client, KafkaApi.Metadata, 1);
        Assert.Equal(1, await ReceiveAsync(client));
        _proxy.CutAll();
        Assert.Null(await ReceiveAsync(client));
        NetworkStream second = Connect();
        await SendAsync(second, KafkaApi.Metadata, 2);
        Assert.Equal(2, await ReceiveAsync(second));
    }

    [Fact]
    public async Task NewConnectionsAreRefusedUntilTheyAreAcceptedAgain()
    {
        NetworkStream before = Connect();
        await SendAsync(before, KafkaApi.Metadata, 1);
        Assert.Equal(1, await ReceiveAsync(before));
        _proxy.Refuse();
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(Connect).SocketErrorCode);
        await SendAsync(before, KafkaApi.Metadata, 2);
        Assert.Equal(2, await ReceiveAsync(before));
        _proxy.Accept();
        NetworkStream after = Connect();
        await SendAsync(after, KafkaApi.Metadata, 3);
        Assert.Equal(3, await ReceiveAsync(after));
    }

    [Fact]
    public async Task ABrokerThatIsAwayIsAResetConnection()
    {
        _broker.Dispose();
        Assert.Null(await ReceiveAsync(Connect()));
    }

    [Fact]
    public void RandomFaultsOfOneSeedAreTheSame()
    {
        KafkaFrame frame = KafkaFrame.Request(ScriptedBroker.Request(KafkaApi.Produce, 1));
        Fate[] Fates(int seed)
        {
            RandomFaults faults = new(seed) { CutRequest = 0.1, Hang = 0.1 };
            return [.. Enumerable.Range(0, 1_000).Select(_ => faults.Of(frame))];
        }

        Assert.Equal(Fates(7), Fates(7));
        Assert.NotEqual(Fates(7), Fates(8));
        Assert.Equal([FateKind.Pass, FateKind.Delay, FateKind.Hang, FateKind.Cut], Fates(7).Select(fate => fate.Kind).Distinct().Order());
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _proxy.Dispose();
        _broker.Dispose();
    }

    private NetworkStream Connect()
    {
        TcpClient client = new();
        _clients.Add(client);
        client.Connect(IPAddress.Loopback, _proxy.Port);
        return client.GetStream();
    }

    private static Task SendAsync(NetworkStream client, KafkaApi api, int correlation, int body = 3) =>
        client.WriteAsync(ScriptedBroker.Request(api, correlation, body)).AsTask();

    // The correlation id; null at the end of the connection.
    private static async Task<int?> ReceiveAsync(NetworkStream client)
    {
        try
        {
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
            return await KafkaFrame.ReadAsync(client, limit.Token) is byte[] bytes ? BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task AssertSilentAsync(NetworkStream client)
    {
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(client.DataAvailable);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 400, "It did not happen in time.");
            await Task.Delay(50);
        }
    }
}
