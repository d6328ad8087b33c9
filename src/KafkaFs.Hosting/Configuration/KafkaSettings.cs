using KafkaFs.Journal.Kafka;
using Microsoft.Extensions.Configuration;

namespace KafkaFs.Hosting.Configuration;

/// <summary>The settings below `Journal:Kafka`, and which of them are secrets.</summary>
public static class KafkaSettings
{
    /// <summary>Why a secret is no argument, and what to do instead.</summary>
    public const string NotOnTheCommandLine =
        "a secret on the command line is seen by every user of this machine; give it in a file of its own (KafkaFs:Journal:Kafka:PropertyFiles), "
        + "in a properties file (KafkaFs:Journal:Kafka:ConfigFile; kafkafs --kafka-config), in a settings file, or in the environment";

    /// <summary>The argument sets a property whose value is a secret, or looks as if it were to.</summary>
    public static bool ShowsSecret(string argument)
    {
        string key = argument.Split('=')[0];
        return argument.Contains('=', StringComparison.Ordinal)
            && KafkaProperties.IsSecret(key)
            && !key.Contains(":PropertyFiles:", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The configuration has a property whose value is a secret.</summary>
    public static bool HoldsSecret(IConfiguration configuration) =>
        configuration.GetSection(SettingKeys.Properties.FullName).AsEnumerable(makePathsRelative: true)
            .Any(property => property.Value is { Length: > 0 } && KafkaProperties.IsSecret(property.Key));

    /// <summary>The options, or null unless Kafka <paramref name="isProvider"/>; the keys are known then all the same.</summary>
    internal static KafkaJournalOptions? Bind(SettingsReader reader, bool isProvider)
    {
        string servers = reader.Text(SettingKeys.BootstrapServers);
        string topic = reader.Text(SettingKeys.Topic);
        int? replication = reader.Number(SettingKeys.ReplicationFactor);
        bool finite = reader.Flag(SettingKeys.AcceptFiniteRetention) ?? false;
        string client = reader.Text(SettingKeys.ClientId);
        string group = reader.Text(SettingKeys.GroupId);
        string partitions = reader.Text(SettingKeys.Partitions);
        Dictionary<string, string> given = reader.Free(SettingKeys.Properties), files = reader.Free(SettingKeys.PropertyFiles);
        string config = reader.Text(SettingKeys.ConfigFile);
        if (!isProvider)
        {
            return null;
        }

        UnseenCredentials unseen = new();
        Dictionary<string, string> properties = Gather(reader, given, files, config, unseen);
        reader.Errors.AddRange(KafkaProperties.Check(unseen.Triable(properties)).Select(problem => $"{SettingKeys.Properties.FullName}:{problem}"));
        reader.Required(SettingKeys.BootstrapServers);
        reader.Required(SettingKeys.Topic);
        if (topic.Length > 0 && !TopicNames.IsValid(topic))
        {
            reader.Errors.Add($"{SettingKeys.Topic.FullName} = '{topic}': 1 to 249 letters, digits, '.', '_' and '-' are wanted");
        }

        if (partitions != "1")
        {
            reader.Errors.Add($"{SettingKeys.Partitions.FullName} = '{partitions}': 1 is wanted until several partitions are built");
        }

        return new KafkaJournalOptions
        {
            BootstrapServers = servers,
            Topic = topic,
            ClientId = client,
            GroupId = group.Length > 0 ? group : ReplicaName.Of(reader.Text(SettingKeys.DataRoot)),
            ReplicationFactor = (short?)replication,
            AcceptFiniteRetention = finite,
            Properties = properties,
        };
    }

    // What is set by name wins over the file for all; one property twice by name is a contradiction.
    private static Dictionary<string, string> Gather(SettingsReader reader, Dictionary<string, string> given, Dictionary<string, string> files, string config, UnseenCredentials unseen)
    {
        Dictionary<string, string> properties = new(StringComparer.OrdinalIgnoreCase);
        HashSet<string> named = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string value) in ReadConfig(reader, config, unseen))
        {
            properties[KafkaProperties.Name(key)] = value;
        }

        foreach ((string key, string value) in given)
        {
            properties[Once(reader, named, SettingKeys.Properties, key)] = value;
        }

        foreach ((string key, string file) in files)
        {
            properties[Once(reader, named, SettingKeys.PropertyFiles, key)] = ReadProperty(reader, key, file, unseen);
        }

        return properties;
    }

    private static string Once(SettingsReader reader, HashSet<string> named, SettingKey section, string key)
    {
        string name = KafkaProperties.Name(key);
        if (!named.Add(name))
        {
            reader.Errors.Add($"{section.FullName}:{key}: {name} is given twice");
        }

        return name;
    }

    private static string ReadProperty(SettingsReader reader, string key, string file, UnseenCredentials unseen)
    {
        string setting = $"{SettingKeys.PropertyFiles.FullName}:{key}";
        if (Locate(reader, setting, file) is not string path)
        {
            unseen.Add(KafkaProperties.Name(key));
            return "";
        }

        if (!SecretFile.TryRead(path, out string value, out string? problem))
        {
            reader.Errors.Add($"{setting}: {problem}");
        }
        else if (KafkaProperties.IsSecret(key))
        {
            reader.Warnings.AddRange(SecretFile.Warnings([path]));
        }

        return value;
    }

    // systemd's credentials are files in a folder that it names. Null: it is nowhere, or where only the service sees it.
    private static string? Locate(SettingsReader reader, string setting, string file)
    {
        if (Path.IsPathRooted(file))
        {
            return file;
        }

        if (Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder)
        {
            return Path.Combine(folder, file);
        }

        if (reader.IsRehearsal && !file.Contains('/', StringComparison.Ordinal))
        {
            reader.Warnings.Add($"{setting} = '{file}' is a credential of systemd (LoadCredential={file}:... in the unit), which only the service sees: it is not looked at here");
        }
        else
        {
            reader.Errors.Add($"{setting} = '{file}': an absolute path is wanted, or the name of a credential of systemd (LoadCredential=)");
        }

        return null;
    }

    private static IReadOnlyList<KeyValuePair<string, string>> ReadConfig(SettingsReader reader, string file, UnseenCredentials unseen)
    {
        if (file.Length == 0)
        {
            return [];
        }

        string setting = SettingKeys.ConfigFile.FullName;
        if (Locate(reader, setting, file) is not string path)
        {
            unseen.AddConfig();
            return [];
        }

        if (!SecretFile.TryRead(path, out string text, out string? problem))
        {
            reader.Errors.Add($"{setting}: {problem}");
            return [];
        }

        List<string> problems = [];
        IReadOnlyList<KeyValuePair<string, string>> pairs = PropertiesFile.Parse(text, problems);
        reader.Errors.AddRange(problems.Select(wrong => $"{setting}: '{path}' {wrong}"));
        if (pairs.Any(pair => KafkaProperties.IsSecret(pair.Key)))
        {
            reader.Warnings.AddRange(SecretFile.Warnings([path]));
        }

        return pairs;
    }
}
