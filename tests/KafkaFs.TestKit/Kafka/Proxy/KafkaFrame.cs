using System.Buffers.Binary;

namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>
/// One message of Kafka's protocol: int32 length; a request goes on with int16 api key, int16 api version, int32 correlation id, a
/// response with the correlation id of its request. All big-endian.
/// </summary>
/// <param name="Direction">Where it goes.</param>
/// <param name="Api">What is asked; of a response, what was asked.</param>
/// <param name="Version">Version of the request.</param>
/// <param name="CorrelationId">Pairs request and response on one connection.</param>
/// <param name="Bytes">All of it, with the length in front.</param>
public readonly record struct KafkaFrame(FrameDirection Direction, KafkaApi Api, short Version, int CorrelationId, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Longest frame that is believed; Kafka's own limit is socket.request.max.bytes, 100 MiB.</summary>
    public const int MaxBytes = 128 << 20;

    private const int LengthBytes = 4;
    private const int RequestHeadBytes = 8;

    /// <summary>A request from its bytes, length in front. Throws <see cref="InvalidDataException"/> if it is shorter than its head.</summary>
    public static KafkaFrame Request(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> head = Head(bytes, RequestHeadBytes);
        return new KafkaFrame(
            FrameDirection.Request,
            (KafkaApi)BinaryPrimitives.ReadInt16BigEndian(head),
            BinaryPrimitives.ReadInt16BigEndian(head[2..]),
            BinaryPrimitives.ReadInt32BigEndian(head[4..]),
            bytes);
    }

    /// <summary>A response from its bytes; <paramref name="asked"/> finds the request of a correlation id.</summary>
    public static KafkaFrame Response(ReadOnlyMemory<byte> bytes, Func<int, KafkaFrame?> asked)
    {
        int correlation = BinaryPrimitives.ReadInt32BigEndian(Head(bytes, sizeof(int)));
        KafkaFrame request = asked(correlation) ?? throw new InvalidDataException($"Nobody asked for response {correlation}.");
        return new KafkaFrame(FrameDirection.Response, request.Api, request.Version, correlation, bytes);
    }

    /// <summary>The next frame's bytes, length in front; null where the stream ends, also in the middle of a frame.</summary>
    public static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken stop)
    {
        byte[] length = new byte[LengthBytes];
        if (await stream.ReadAtLeastAsync(length, LengthBytes, throwOnEndOfStream: false, stop) < LengthBytes)
        {
            return null;
        }

        int size = BinaryPrimitives.ReadInt32BigEndian(length);
        if (size is < 0 or > MaxBytes)
        {
            throw new InvalidDataException($"A frame of {size} bytes is none of Kafka's.");
        }

        byte[] bytes = new byte[LengthBytes + size];
        length.CopyTo(bytes, 0);
        return await stream.ReadAtLeastAsync(bytes.AsMemory(LengthBytes), size, throwOnEndOfStream: false, stop) == size ? bytes : null;
    }

    private static ReadOnlySpan<byte> Head(ReadOnlyMemory<byte> bytes, int size) => bytes.Length >= LengthBytes + size
        ? bytes.Span[LengthBytes..]
        : throw new InvalidDataException($"A frame of {bytes.Length} bytes has no head.");
}
