using System.Buffers.Binary;
using KafkaFs.TestKit.Kafka.Proxy;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests.Proxy;

/// <summary>The error code is found in responses of each layout.</summary>
public sealed class ErrorAnswerTests : IDisposable
{
    private readonly ScriptedBroker _broker = new();

    [Theory]
    [InlineData(3, new byte[] { 0, 0, 0, 1, 0, 2, (byte)'t', (byte)'p', 0, 0, 0, 1, 0, 0, 0, 0 })] // topics, name, partitions, index
    [InlineData(9, new byte[] { 0, 2, 3, (byte)'t', (byte)'p', 2, 0, 0, 0, 0 })] // tags, topics + 1, length + 1, name, partitions + 1, index
    [InlineData(13, new byte[] { 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 2, 0, 0, 0, 0 })] // tags, topics + 1, id, partitions + 1, index
    public async Task AnErrorIsPutIntoAProduceResponse(short version, byte[] beforeError)
    {
        byte[] tail = [0, 0, .. new byte[16], 9, 9, 9, 9];
        _broker.Answer = [.. beforeError, .. tail];
        using KafkaProxy proxy = new(0, _broker.EndPoint) { Faults = new FaultScript().Each(FrameDirection.Response, KafkaApi.Produce, Fate.AnswerError(45)) };
        using global::System.Net.Sockets.TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", proxy.Port, TestContext.Current.CancellationToken);
        byte[] request = ScriptedBroker.Request(KafkaApi.Produce, 5);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(6), version);
        await client.GetStream().WriteAsync(request, TestContext.Current.CancellationToken);
        byte[] response = (await KafkaFrame.ReadAsync(client.GetStream(), TestContext.Current.CancellationToken))!;
        Assert.Equal([.. beforeError, 0, 45, .. Enumerable.Repeat<byte>(0xff, 16), 9, 9, 9, 9], response[8..]);
    }

    public void Dispose() => _broker.Dispose();
}
