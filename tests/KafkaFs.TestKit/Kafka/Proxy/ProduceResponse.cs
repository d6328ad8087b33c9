using System.Buffers.Binary;

namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>
/// Makes a refusal of a Produce response, for the first partition of the first topic: int16 error, int64 base offset, int64 log
/// append time (https://kafka.apache.org/protocol, "Produce API").
/// </summary>
internal static class ProduceResponse
{
    private const int BodyAt = 8;
    private const int FirstFlexibleVersion = 9;
    private const int FirstVersionWithTopicIds = 13;
    private const int TopicIdBytes = 16;
    private const int IndexBytes = 4;

    /// <summary>Sets the error code in the frame's bytes, length in front; offset and time are -1 as a broker has them with an error.</summary>
    public static void SetError(byte[] bytes, short version, short error)
    {
        Span<byte> partition = bytes.AsSpan(ErrorAt(bytes, version));
        BinaryPrimitives.WriteInt16BigEndian(partition, error);
        partition.Slice(sizeof(short), 2 * sizeof(long)).Fill(0xff);
    }

    private static int ErrorAt(ReadOnlySpan<byte> bytes, short version) =>
        version < FirstFlexibleVersion ? PlainErrorAt(bytes) : FlexibleErrorAt(bytes, version);

    // int32 topics, {int16 length, name}, int32 partitions, int32 index, error
    private static int PlainErrorAt(ReadOnlySpan<byte> bytes)
    {
        int nameAt = BodyAt + sizeof(int);
        return nameAt + sizeof(short) + BinaryPrimitives.ReadInt16BigEndian(bytes[nameAt..]) + sizeof(int) + IndexBytes;
    }

    // tags of the head, uvarint topics + 1, {uvarint length + 1, name} or the topic's id, uvarint partitions + 1, int32 index, error
    private static int FlexibleErrorAt(ReadOnlySpan<byte> bytes, short version)
    {
        int at = BodyAt;
        if (Unsigned(bytes, ref at) != 0)
        {
            throw new InvalidDataException("A Produce response has tags in its head.");
        }

        Unsigned(bytes, ref at);
        int topicBytes = version < FirstVersionWithTopicIds ? (int)Unsigned(bytes, ref at) - 1 : TopicIdBytes;
        at += topicBytes;
        Unsigned(bytes, ref at);
        return at + IndexBytes;
    }

    private static uint Unsigned(ReadOnlySpan<byte> bytes, ref int at)
    {
        uint value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
