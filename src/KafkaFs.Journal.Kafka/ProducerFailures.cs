using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>What a producer's last error says about the way on.</summary>
internal static class ProducerFailures
{
    public static AppenderFailure Of(ErrorCode code) => code switch
    {
        // An idempotent producer gets these of a log that does not hold what it has appended: shortened, restored, created again.
        ErrorCode.OutOfOrderSequenceNumber or ErrorCode.UnknownProducerId or ErrorCode.InvalidProducerEpoch or ErrorCode.ProducerFenced =>
            AppenderFailure.LogInDoubt,
        ErrorCode.Local_Application => AppenderFailure.Listener,
        ErrorCode.Local_Authentication => AppenderFailure.Forbidden,
        _ when AdminErrors.IsDenied(code) => AppenderFailure.Forbidden,
        _ when AdminErrors.IsUnknownTopic(code) => AppenderFailure.LogInDoubt,
        _ => AppenderFailure.Client,
    };
}
