using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.System.Tests;

/// <summary>
/// A broker that asks for TLS and a password: user `kafkafs` may do everything, `stranger` nothing; both have a password that is like no other
/// text.
/// </summary>
public sealed class SecureCluster : IDisposable
{
    private readonly Lazy<KafkaCluster> _cluster;
    private readonly TemporaryFolder _folder = new("/var/tmp");

    public SecureCluster() => _cluster = new Lazy<KafkaCluster>(Start);

    public string Password { get; } = $"gR7-{Guid.NewGuid():N}";

    /// <summary>HOST:PORT of the listener with TLS.</summary>
    public string Bootstrap => File.ReadAllText(Kafka.InFolder("bootstrap.secure")).Trim();

    public KafkaCluster Kafka => _cluster.Value;

    /// <summary>A new file for `--kafka-config`, for nobody else's eyes; null leaves a line out.</summary>
    public string Config(string mechanism, string? password, string user = "kafkafs", string? authority = null)
    {
        string file = _folder[$"{Guid.NewGuid():N}.properties"];
        File.WriteAllLines(file,
        [
            "security.protocol=SASL_SSL", $"sasl.mechanism={mechanism}", $"sasl.username={user}", $"ssl.ca.location={authority ?? Kafka.InFolder("tls/ca.pem")}",
            .. password is null ? Array.Empty<string>() : [$"sasl.password={password}"],
        ]);
        ToolProcess.Run("chmod", ["600", file]);
        return file;
    }

    /// <summary>The certificate of an authority that has signed nothing.</summary>
    public string OtherAuthority()
    {
        string file = _folder["other.pem"];
        ToolProcess.Shell($"openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=other -keyout {_folder["other.key"]} -out {file} 2>/dev/null");
        return file;
    }

    /// <summary>Gives the user another password for SCRAM, from the next connection on.</summary>
    public void SetScramPassword(string password) => Kafka.Control(
        "configs", "--alter", "--entity-type", "users", "--entity-name", "kafkafs", "--add-config", $"SCRAM-SHA-256=[password={password}]");

    public void Dispose()
    {
        if (_cluster.IsValueCreated)
        {
            _cluster.Value.Dispose();
        }

        _folder.Dispose();
    }

    private KafkaCluster Start() => KafkaCluster.StartOwn($"""
        listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_kafkafs="{Password}" user_stranger="{Password}";
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:ANONYMOUS;User:kafkafs
        """, "--secure");
}
