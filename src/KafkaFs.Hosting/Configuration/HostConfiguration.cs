using System.Text.Json;
using KafkaFs.Hosting.Lifetime;
using Microsoft.Extensions.Configuration;

namespace KafkaFs.Hosting.Configuration;

/// <summary>
/// Where settings come from, later ones win: what an instance has by its name, `appsettings.json` beside the program, then in the settings folder
/// `appsettings.json` (shared by the hosts of a machine), the role's own file and the instance's, then the environment, then the command line. A host that
/// a command of people starts has no files: those of services may be for root alone, and say what nobody has asked this one for.
/// </summary>
public static class HostConfiguration
{
    private const string SharedFile = "appsettings.json";

    /// <summary>systemd's ConfigurationDirectory=, else /etc/kafkafs.</summary>
    public static string SettingsFolder => Environment.GetEnvironmentVariable("CONFIGURATION_DIRECTORY") is { Length: > 0 } folder ? folder : "/etc/kafkafs";

    /// <summary>What should be mended though it is no error, a sentence each: what the settings themselves say, and files with secrets that everybody may read.</summary>
    public static IReadOnlyList<string> Warnings(HostInstance instance, HostSettings settings) => [.. settings.Warnings, .. SecretFile.Warnings(FilesWithSecrets(instance))];

    /// <summary>The settings files that hold a secret, whoever may read them.</summary>
    internal static IReadOnlyList<string> FilesWithSecrets(HostInstance instance) =>
        [.. Files(instance).Where(File.Exists).Where(file => KafkaSettings.HoldsSecret(new ConfigurationBuilder().AddJsonFile(file).Build()))];

    /// <summary>
    /// Reads everything. Throws <see cref="SettingsException"/> for files that cannot be read, all at once, and
    /// <see cref="HostFailedException"/> for arguments that are no settings.
    /// </summary>
    public static IConfigurationRoot Load(HostInstance instance, IReadOnlyList<string> arguments) => Merge(Layers(instance, arguments));

    /// <summary>All layers as one.</summary>
    public static IConfigurationRoot Merge(IReadOnlyList<SettingsLayer> layers)
    {
        ConfigurationBuilder builder = new();
        foreach (SettingsLayer layer in layers)
        {
            builder.AddConfiguration(layer.Values);
        }

        return builder.Build();
    }

    /// <summary>What each origin says, those that win last. Throws as <see cref="Load"/> does.</summary>
    public static IReadOnlyList<SettingsLayer> Layers(HostInstance instance, IReadOnlyList<string> arguments)
    {
        RefuseOthers(arguments);
        List<string> errors = [];
        List<SettingsLayer> layers = [new("the instance's name", new ConfigurationBuilder().AddInMemoryCollection(instance.Places).Build())];
        layers.AddRange(Files(instance).Select(file => Read(file, errors)).OfType<SettingsLayer>());
        if (errors.Count > 0)
        {
            throw new SettingsException(errors);
        }

        layers.Add(new("the environment", new ConfigurationBuilder().AddEnvironmentVariables().Build()));
        layers.Add(new("the command line", new ConfigurationBuilder().AddCommandLine([.. arguments]).Build()));
        return layers;
    }

    private static IEnumerable<string> Files(HostInstance instance) => !instance.HasFiles ? [] :
    [
        Path.Combine(AppContext.BaseDirectory, SharedFile),
        Path.Combine(SettingsFolder, SharedFile),
        .. instance.SettingsFiles.Select(file => Path.Combine(SettingsFolder, file)),
    ];

    // A word that .NET's own parser passes over would be a setting that somebody believes in.
    private static void RefuseOthers(IReadOnlyList<string> arguments)
    {
        if (arguments.FirstOrDefault(KafkaSettings.ShowsSecret) is string shown)
        {
            throw new HostFailedException(ExitCode.Usage, $"{shown.Split('=')[0]}: {KafkaSettings.NotOnTheCommandLine}");
        }

        string[] others = [.. arguments.Where(argument => !IsSetting(argument))];
        if (others.Length > 0)
        {
            throw new HostFailedException(
                ExitCode.Usage, $"{string.Join(", ", others.Select(other => $"'{other}'"))}: --KafkaFs:KEY=VALUE or --Logging:KEY=VALUE is wanted (try --help)");
        }
    }

    private static bool IsSetting(string argument) =>
        (argument.StartsWith("--KafkaFs:", StringComparison.OrdinalIgnoreCase) || argument.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase))
        && argument.Contains('=', StringComparison.Ordinal);

    private static SettingsLayer? Read(string file, List<string> errors)
    {
        try
        {
            return new SettingsLayer(file, new ConfigurationBuilder().AddJsonFile(file, optional: true).Build()) { IsFile = true };
        }
        catch (InvalidDataException exception)
        {
            errors.Add(Describe(file, exception));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors.Add($"'{file}' cannot be read: {exception.Message}");
        }

        return null;
    }

    private static string Describe(string file, InvalidDataException exception) => exception.GetBaseException() switch
    {
        JsonException { LineNumber: long line } json => $"'{file}' line {line + 1} is no JSON: {json.Message.Split(" LineNumber:")[0]}",
        Exception cause => $"'{file}' is no settings file: {cause.Message}",
    };
}
