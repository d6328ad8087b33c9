using Microsoft.Extensions.Configuration;

namespace KafkaFs.Hosting.Configuration;

/// <summary>What a settings file may hold at its top and below `Logging`: anything else would be passed over without a word.</summary>
internal static class SettingsFileRules
{
    private const string Logging = "Logging";

    private static readonly string[] s_top = [HostSettingsBinder.Section, Logging, "$schema"];
    private static readonly string[] s_ofLogging = ["LogLevel", "Console"];

    // What stands at the top by mistake is as a rule something that belongs deeper.
    private static readonly (string Name, string Place)[] s_topPlaces =
    [
        .. s_top.Select(static name => (name, name)),
        .. SettingKeys.All.Select(static key => key.Name.Split(':')[0]).Distinct().Select(static name => (name, SettingsReader.Name(name))),
        .. s_ofLogging.Select(static name => (name, $"{Logging}:{name}")),
    ];

    private static readonly (string Name, string Place)[] s_loggingPlaces = [.. s_ofLogging.Select(static name => (name, $"{Logging}:{name}"))];

    /// <summary>A sentence for each key that means nothing where it stands, with the file and the nearest name that does.</summary>
    public static IEnumerable<string> Check(SettingsLayer file) =>
    [
        .. Others(file.Values, s_top).Select(key => Words(file, key, key, s_topPlaces)),
        .. Others(file.Values.GetSection(Logging), s_ofLogging).Select(key => Words(file, $"{Logging}:{key}", key, s_loggingPlaces)),
    ];

    private static IEnumerable<string> Others(IConfiguration section, string[] known) =>
        section.GetChildren().Select(static child => child.Key).Where(key => !known.Contains(key, StringComparer.OrdinalIgnoreCase));

    private static string Words(SettingsLayer file, string path, string key, (string Name, string Place)[] places) =>
        $"'{file.Origin}': {path} is no setting: did you mean {places.MinBy(place => SettingsReader.Distance(place.Name, key)).Place}?";
}
