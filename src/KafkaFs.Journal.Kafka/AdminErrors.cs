using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// What the brokers answered to an admin request for one topic. The exceptions of Confluent.Kafka that hold results say
/// Local_Partial ("an error of the client") for themselves, whatever the cause.
/// </summary>
internal static class AdminErrors
{
    public static Error Of(KafkaException exception) => exception switch
    {
        CreateTopicsException { Results: [CreateTopicReport report, ..] } => report.Error,
        DescribeConfigsException { Results: [DescribeConfigsReport report, ..] } => report.Error,
        DescribeTopicsException { Results.TopicDescriptions: [TopicDescription topic, ..] } => topic.Error,
        _ => exception.Error,
    };

    public static bool IsDenied(ErrorCode code) => code is ErrorCode.TopicAuthorizationFailed
        or ErrorCode.ClusterAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.SaslAuthenticationFailed;

    public static bool IsUnknownTopic(ErrorCode code) => code is ErrorCode.UnknownTopicOrPart or ErrorCode.UnknownTopicId
        or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition;
}
