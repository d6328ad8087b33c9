using System.Text.Json;
using KafkaFs.Hosting.Lifetime;
using Microsoft.Extensions.Configuration;

namespace KafkaFs.Hosting.Configuration;

/// <summary>
/// Where settings come from, later ones win: `appsettings.json` beside the program, then in the settings folder `appsettings.json`
/// (shared by the hosts of a machine) and the role's own file, then the environment, then the command line.
/// </summary>
public static class HostConfiguration
{
    private const string SharedFile = "appsettings.json";

    /// <summary>systemd's ConfigurationDirectory=, else /etc/kafkafs.</summary>
    public static string SettingsFolder => Environment.GetEnvironmentVariable("CONFIGURATION_DIRECTORY") is { Length: > 0 } folder ? folder : "/etc/kafkafs";

    /// <summary>The name of a role's own file.</summary>
    public static string RoleFile(HostRole role) => role == HostRole.Master ? "master.json" : "slave.json";

    /// <summary>The settings files that hold a secret, whoever may read them.</summary>
    public static IReadOnlyList<string> FilesWithSecrets(HostRole role) =>
        [.. Files(role).Where(File.Exists).Where(file => KafkaSettings.HoldsSecret(new ConfigurationBuilder().AddJsonFile(file).Build()))];

    /// <summary>
    /// Reads everything. Throws <see cref="SettingsException"/> for files that cannot be read, all at once, and
    /// <see cref="HostFailedException"/> for arguments that are no settings.
    /// </summary>
    public static IConfigurationRoot Load(HostRole role, IReadOnlyList<string> arguments)
    {
        RefuseOthers(arguments);
        ConfigurationBuilder builder = new();
        List<string> errors = [];
        foreach (string file in Files(role))
        {
            Add(builder, file, errors);
        }

        return errors.Count > 0
            ? throw new SettingsException(errors)
            : builder.AddEnvironmentVariables().AddCommandLine([.. arguments]).Build();
    }

    private static string[] Files(HostRole role) =>
    [
        Path.Combine(AppContext.BaseDirectory, SharedFile),
        Path.Combine(SettingsFolder, SharedFile),
        Path.Combine(SettingsFolder, RoleFile(role)),
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

    private static void Add(ConfigurationBuilder builder, string file, List<string> errors)
    {
        try
        {
            builder.AddConfiguration(new ConfigurationBuilder().AddJsonFile(file, optional: true).Build());
        }
        catch (InvalidDataException exception)
        {
            errors.Add(Describe(file, exception));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors.Add($"'{file}' cannot be read: {exception.Message}");
        }
    }

    private static string Describe(string file, InvalidDataException exception) => exception.GetBaseException() switch
    {
        JsonException { LineNumber: long line } json => $"'{file}' line {line + 1} is no JSON: {json.Message.Split(" LineNumber:")[0]}",
        Exception cause => $"'{file}' is no settings file: {cause.Message}",
    };
}
