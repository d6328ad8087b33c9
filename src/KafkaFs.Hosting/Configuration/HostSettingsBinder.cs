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

    private static readonly SettingKey[] s_ofMasters = [.. SettingKeys.All.Where(static key => key.Role == HostRole.Master)];

    /// <summary>Throws <see cref="SettingsException"/> with every invalid, missing, unknown and contradictory setting.</summary>
    public static HostSettings Bind(IConfiguration configuration, HostRole role) => Bind(new SettingsReader(configuration.GetSection(Section)), configuration, role);

    /// <summary>The same for all that has been read, with what means nothing in a file.</summary>
    /// <param name="isRehearsal">For another process, a service that is not this one: what only that one can see is warned of.</param>
    public static HostSettings Bind(IReadOnlyList<SettingsLayer> layers, HostRole role, bool isRehearsal = false)
    {
        IConfigurationRoot configuration = HostConfiguration.Merge(layers);
        SettingsReader reader = new(configuration.GetSection(Section)) { IsRehearsal = isRehearsal };
        reader.Errors.AddRange(layers.Where(static layer => layer.IsFile).SelectMany(SettingsFileRules.Check));
        return Bind(reader, configuration, role);
    }

    private static HostSettings Bind(SettingsReader reader, IConfiguration configuration, HostRole role)
    {
        string provider = reader.Required(SettingKeys.Provider);
        if (provider.Length > 0)
        {
            provider = reader.Choice(SettingKeys.Provider);
        }

        HostSettings settings = new()
        {
            Role = role,
            DataRoot = reader.Required(SettingKeys.DataRoot),
            Ownership = BindOwnership(reader),
            CheckpointRecords = reader.Number(SettingKeys.CheckpointRecords) ?? SettingKeys.CheckpointRecords.DefaultNumber,
            Kafka = KafkaSettings.Bind(reader, provider == Kafka),
            EmbeddedFile = BindEmbedded(reader, provider),
            HttpUrls = BindUrls(reader, role),
            HttpUrlsAreDefault = reader.Text(SettingKeys.HttpUrls).Length == 0,
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
            reader.Ignore(s_ofMasters);
            return settings;
        }

        TimeSpan stallAfter = reader.Seconds(SettingKeys.StallAfter);
        return settings with
        {
            StallAfter = stallAfter,
            ChangeTimeout = BindChangeTimeout(reader, stallAfter),
            MountsWithoutJournal = reader.Choice(SettingKeys.JournalAway) == "mount",
            CloseToOpen = reader.Flag(SettingKeys.CloseToOpen) ?? false,
            Mountpoint = reader.Required(SettingKeys.Mountpoint),
            ReaderThreads = reader.Number(SettingKeys.ReaderThreads) ?? SettingKeys.ReaderThreads.DefaultNumber,
            AllowOther = reader.Flag(SettingKeys.AllowOther),
            ReserveBytes = reader.Bytes(SettingKeys.ReserveBytes),
        };
    }

    private static TimeSpan? BindChangeTimeout(SettingsReader reader, TimeSpan stallAfter)
    {
        bool fails = reader.Choice(SettingKeys.OnStall) == "fail";
        TimeSpan timeout = reader.Seconds(SettingKeys.ChangeTimeout);
        if (fails && timeout < stallAfter)
        {
            reader.Errors.Add(
                $"{SettingKeys.ChangeTimeout.FullName} is {timeout.TotalSeconds} s, less than {SettingKeys.StallAfter.FullName} of {stallAfter.TotalSeconds} s: nothing fails before the journal is known to be away");
        }

        return fails ? timeout : null;
    }

    private static TreeOwnership? BindOwnership(SettingsReader reader) =>
        reader.Choice(SettingKeys.Ownership) switch
        {
            "full" => TreeOwnership.Full,
            "namespace" => TreeOwnership.Namespace,
            _ => null,
        };

    private static Acceptance BindAccepted(SettingsReader reader)
    {
        string topic = reader.Text(SettingKeys.AcceptTopic), cluster = reader.Text(SettingKeys.AcceptCluster), gap = reader.Text(SettingKeys.AcceptGap);
        OffsetGap? offsets = OffsetGap.Parse(gap);
        if (gap.Length > 0 && offsets is null)
        {
            reader.Errors.Add($"{SettingKeys.AcceptGap.FullName} = '{gap}': the offsets that are missing, A..B, are wanted, as the refusal names them");
        }

        return new Acceptance(topic.Length > 0 ? topic : null, cluster.Length > 0 ? cluster : null, offsets);
    }

    private static string? BindEmbedded(SettingsReader reader, string provider)
    {
        string file = reader.Text(SettingKeys.EmbeddedFile);
        if (provider == Embedded)
        {
            return reader.Required(SettingKeys.EmbeddedFile);
        }

        if (provider == Kafka && file.Length > 0)
        {
            reader.Errors.Add($"{SettingKeys.EmbeddedFile.FullName} = '{file}' contradicts Journal:Provider = kafka: name one journal");
        }

        return null;
    }

    private static string BindUrls(SettingsReader reader, HostRole role)
    {
        string fallback = role == HostRole.Master ? "http://127.0.0.1:9464" : "http://127.0.0.1:9465";
        string urls = reader.Text(SettingKeys.HttpUrls) is { Length: > 0 } given ? given : fallback;
        if (urls.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            return "";
        }

        UrlRules.Check(reader, SettingKeys.HttpUrls, urls);
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
