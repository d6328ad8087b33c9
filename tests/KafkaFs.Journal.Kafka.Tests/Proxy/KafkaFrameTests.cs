using KafkaFs.TestKit.Kafka.Proxy;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests.Proxy;

public sealed class KafkaFrameTests
{
    private static readonly byte[] s_request =
    [
        0, 0, 0, 12, // length
        0, 0, // Produce
        0, 11, // version
        0, 0, 1, 2, // correlation id
        0, 2, (byte)'m', (byte)'e', // client id
    ];

    private static readonly byte[] s_response =
    [
        0, 0, 0, 6, // length
        0, 0, 1, 2, // correlation id
        7, 7, // body
    ];

    [Fact]
    public void ARequestHasItsHead()
    {
        KafkaFrame frame = KafkaFrame.Request(s_request);
        Assert.Equal((FrameDirection.Request, KafkaApi.Produce, 11, 258), (frame.Direction, frame.Api, frame.Version, frame.CorrelationId));
        Assert.Equal(s_request, frame.Bytes.ToArray());
    }

    [Fact]
    public void AResponseIsOfTheApiThatWasAskedFor()
    {
        KafkaFrame frame = KafkaFrame.Response(s_response, correlation => correlation == 258 ? KafkaFrame.Request(s_request) : null);
        Assert.Equal((FrameDirection.Response, KafkaApi.Produce, 11, 258), (frame.Direction, frame.Api, frame.Version, frame.CorrelationId));
        Assert.Equal(s_response, frame.Bytes.ToArray());
    }

    [Fact]
    public void AResponseThatNobodyAskedForIsNone() =>
        Assert.Throws<InvalidDataException>(() => KafkaFrame.Response(s_response, _ => null));

    [Fact]
    public async Task FramesAreReadHoweverTheStreamCutsThem()
    {
        using TornStream stream = new([.. s_request, .. s_response, .. s_request[..^1]]);
        Assert.Equal(s_request, await KafkaFrame.ReadAsync(stream, default));
        Assert.Equal(s_response, await KafkaFrame.ReadAsync(stream, default));
        Assert.Null(await KafkaFrame.ReadAsync(stream, default));
    }

    [Fact]
    public void EveryHeadThatIsTooShortIsNone()
    {
        for (int length = 0; length < 12; length++)
        {
            Assert.Throws<InvalidDataException>(() => KafkaFrame.Request(s_request.AsMemory(0, length)));
        }
    }

    [Theory]
    [InlineData(0xff)]
    [InlineData(0x7f)]
    public async Task ALengthThatIsNoneIsRefused(byte first)
    {
        using MemoryStream stream = new([first, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
        await Assert.ThrowsAsync<InvalidDataException>(() => KafkaFrame.ReadAsync(stream, default));
    }

    // Gives one byte at a time.
    private sealed class TornStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
