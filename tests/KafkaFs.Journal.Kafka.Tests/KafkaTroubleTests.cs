using Confluent.Kafka;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>What librdkafka complains of again and again is one message for a person.</summary>
public sealed class KafkaTroubleTests
{
    private const string WrongPassword = "sasl_ssl://b1:9092/bootstrap: SASL authentication error: Authentication failed: Invalid username or password (after 311ms in state AUTH_REQ)";
    private const string NotVerified = "sasl_ssl://b1:9092/1: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified (after 13ms in state SSL_HANDSHAKE)";
    private readonly RecordedWarnings _log = new();

    private readonly KafkaJournalOptions _options = new()
    {
        BootstrapServers = "b1:9092",
        Topic = "t",
        Properties = new Dictionary<string, string> { ["sasl.username"] = "jane", ["sasl.password"] = "hidden", ["ssl.ca.location"] = "/ca.pem" },
    };

    [Fact]
    public void AWrongPasswordNamesTheUserAndWhatToCorrect()
    {
        KafkaTrouble trouble = new(_log, _options);
        trouble.OnError(new Error(ErrorCode.Local_Authentication, WrongPassword));
        Assert.Equal(
            "the brokers at b1:9092 refuse user 'jane': Authentication failed: Invalid username or password; correct sasl.username, its password, or sasl.mechanism",
            trouble.Denied);
        Assert.Equal(trouble.Denied, trouble.Words);
    }

    [Theory]
    [InlineData(ErrorCode.Local_Ssl)]
    [InlineData(ErrorCode.Local_Transport)]
    public void ACertificateThatIsNotTrustedNamesTheBrokerAndTheAuthority(ErrorCode code)
    {
        KafkaTrouble trouble = new(_log, _options);
        trouble.OnError(new Error(code, NotVerified));
        Assert.Equal(
            "the certificate of broker b1:9092 is not trusted: it is not signed by the authority in ssl.ca.location ('/ca.pem'), or it is not for the name 'b1'",
            trouble.Denied);
    }

    [Fact]
    public void BeforeTheJournalIsOpenWhoOpensItSaysSo()
    {
        KafkaTrouble trouble = new(_log, _options);
        trouble.OnError(new Error(ErrorCode.Local_Authentication, WrongPassword));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void ComplaintsThatComeAgainAndAgainAreOneLine()
    {
        KafkaTrouble trouble = new(_log, _options);
        trouble.OnOpened();
        for (int attempt = 0; attempt < 20; attempt++)
        {
            trouble.OnError(new Error(ErrorCode.Local_Authentication, WrongPassword));
            trouble.OnError(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        }

        Assert.Contains("refuse user 'jane'", Assert.Single(_log.Lines), StringComparison.Ordinal);
        trouble.OnAnswer();
        Assert.Null(trouble.Words);
    }

    [Fact]
    public void AMissingRightToTheGroupIsAWarningAndNoTrouble()
    {
        KafkaTrouble trouble = new(_log, _options with { GroupId = "g" });
        trouble.OnError(new Error(ErrorCode.GroupAuthorizationFailed, "Broker: Group authorization failed"));
        trouble.OnGroupDenied();
        Assert.Contains("do not allow Read and Describe on group 'g'", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.Null(trouble.Words);
    }
}
