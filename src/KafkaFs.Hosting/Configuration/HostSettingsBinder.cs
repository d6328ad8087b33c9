using KafkaFs.Journal.Check;
using KafkaFs.Journal.Kafka;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Configuration;

/// <summary>From configuration to <see cref="HostSettings"/>; everything that is wrong is reported at once.</summary>
public static class HostSettingsBinder
{
    /// <summary>Name of the section.</summary>
    public const string Section = "KafkaFs";

    private const string Kafka = "kafka";
    private const string Embedded = "embedded";

    /// <summary>Throws <see cref="SettingsException"/> with every invalid, missing, unknown and contradictory setting.</summary>
    public static HostSettings Bind(IConfiguration configuration, HostRole role)
    {
        SettingsReader reader = new(configuration.GetSection(Section));
        string provider = reader.Required("Journal:Provider", $"{Kafka} or {Embedded}");
        if (provider.Length > 0)
        {
            provider = reader.Choice("Journal:Provider", "", Kafka, Embedded);
        }

        HostSettings settings = new()
        {
            Role = role,
            DataRoot = reader.Required("DataRoot", "the directory that holds this replica"),
            Ownership = BindOwnership(reader),
            CheckpointRecords = reader.Number("CheckpointRecords", 100_000, 100, 10_000_000),
            Kafka = KafkaSettings.Bind(reader, provider == Kafka),
            EmbeddedFile = BindEmbedded(reader, provider),
            HttpUrls = BindUrls(reader, role),
            Accepted = BindAccepted(reader),
        };
        settings = settings with { Kafka = settings.Kafka is KafkaJournalOptions kafka ? kafka with { AcceptedGap = settings.Accepted.Gap } : null };
        settings = BindMount(reader, settings);
        PlaceRules.Check(reader, settings);
        CheckLogging(reader, configuration);
        reader.RefuseUnknown();
        return reader.Errors.Count == 0 ? settings with { Warnings = reader.Warnings } : throw new SettingsException(reader.Errors);
    }

    // A slave knows the keys and passes over them: hosts of one machine may share a file.
    private static HostSettings BindMount(SettingsReader reader, HostSettings settings)
    {
        if (settings.Role == HostRole.Slave)
        {
            reader.Ignore("Mount:Mountpoint", "Mount:ReaderThreads", "Mount:AllowOther", "ReserveBytes");
            return settings;
        }

        return settings with
        {
            Mountpoint = reader.Required("Mount:Mountpoint", "an empty directory"),
            ReaderThreads = reader.Number("Mount:ReaderThreads", 4, 1, 64),
            AllowOther = reader.Flag("Mount:AllowOther"),
            ReserveBytes = reader.Bytes("ReserveBytes"),
        };
    }

    private static TreeOwnership? BindOwnership(SettingsReader reader) =>
        reader.Choice("Ownership", "auto", "auto", "full", "namespace") switch
        {
            "full" => TreeOwnership.Full,
            "namespace" => TreeOwnership.Namespace,
            _ => null,
        };

    private static Acceptance BindAccepted(SettingsReader reader)
    {
        string topic = reader.Text("Accept:Topic"), cluster = reader.Text("Accept:Cluster"), gap = reader.Text("Accept:Gap");
        OffsetGap? offsets = OffsetGap.Parse(gap);
        if (gap.Length > 0 && offsets is null)
        {
            reader.Errors.Add($"{SettingsReader.Name("Accept:Gap")} = '{gap}': the offsets that are missing, A..B, are wanted, as the refusal names them");
        }

        return new Acceptance(topic.Length > 0 ? topic : null, cluster.Length > 0 ? cluster : null, offsets);
    }

    private static string? BindEmbedded(SettingsReader reader, string provider)
    {
        string file = reader.Text("Journal:Embedded:File");
        if (provider == Embedded)
        {
            return reader.Required("Journal:Embedded:File", "the file of the embedded journal");
        }

        if (provider == Kafka && file.Length > 0)
        {
            reader.Errors.Add($"{SettingsReader.Name("Journal:Embedded:File")} = '{file}' contradicts Journal:Provider = kafka: name one journal");
        }

        return null;
    }

    private static string BindUrls(SettingsReader reader, HostRole role)
    {
        string fallback = role == HostRole.Master ? "http://127.0.0.1:9464" : "http://127.0.0.1:9465";
        string urls = reader.Text("Http:Urls", fallback);
        if (urls.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            return "";
        }

        UrlRules.Check(reader, "Http:Urls", urls);
        return urls;
    }

    // .NET would throw at the first logger, with a stack trace and without the key.
    private static void CheckLogging(SettingsReader reader, IConfiguration configuration)
    {
        foreach ((string key, string? value) in configuration.GetSection("Logging").AsEnumerable())
        {
            if (key.Contains(":LogLevel:", StringComparison.OrdinalIgnoreCase) && value is not null && !Enum.TryParse<LogLevel>(value, ignoreCase: true, out _))
            {
                reader.Errors.Add($"{key} = '{value}': {string.Join(", ", Enum.GetNames<LogLevel>())} is wanted");
            }
        }
    }
}
