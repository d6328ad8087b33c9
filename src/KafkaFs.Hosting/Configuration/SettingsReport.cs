using KafkaFs.Journal.Kafka;
using Microsoft.Extensions.Configuration;

namespace KafkaFs.Hosting.Configuration;

/// <summary>What a host's settings are and where each comes from, for people: secrets are hidden.</summary>
public static class SettingsReport
{
    private const string Nothing = "-";

    /// <summary>One setting.</summary>
    /// <param name="Origin">The layer that gave it, or `default`.</param>
    public readonly record struct Row(string Key, string Value, string Origin);

    /// <summary>All settings that the role looks at, in the order of the manual; then what is given besides.</summary>
    public static IReadOnlyList<Row> Of(HostRole role, IReadOnlyList<SettingsLayer> layers)
    {
        Dictionary<string, Row> given = Given(layers);
        List<Row> rows = [];
        foreach (SettingKey key in SettingKeys.All.Where(key => key.Role is null || key.Role == role))
        {
            if (given.Remove(key.FullName, out Row row))
            {
                rows.Add(row);
            }
            else if (key.Kind != SettingKind.Map)
            {
                rows.Add(new Row(key.FullName, key.DefaultWords ?? (key.Default.Length > 0 ? key.Default : Nothing), key.Default.Length > 0 || key.DefaultWords is not null ? "default" : Nothing));
            }
        }

        rows.AddRange(given.Values.OrderBy(static row => row.Key, StringComparer.OrdinalIgnoreCase));
        return rows;
    }

    private static Dictionary<string, Row> Given(IReadOnlyList<SettingsLayer> layers)
    {
        Dictionary<string, Row> given = new(StringComparer.OrdinalIgnoreCase);
        foreach (SettingsLayer layer in layers)
        {
            foreach (string section in (string[])[HostSettingsBinder.Section, "Logging"])
            {
                foreach ((string key, string? value) in layer.Values.GetSection(section).AsEnumerable().Where(static pair => pair.Value is { Length: > 0 }))
                {
                    string name = given.TryGetValue(key, out Row before) ? before.Key : Spelling(key);
                    given[key] = new Row(name, IsSecret(key) ? "(hidden)" : value!, layer.Origin);
                }
            }
        }

        return given;
    }

    private static string Spelling(string key) =>
        SettingKeys.All.FirstOrDefault(known => known.FullName.Equals(key, StringComparison.OrdinalIgnoreCase))?.FullName ?? key;

    // Also where it was meant for another key: people show this to others.
    private static bool IsSecret(string key) => !key.StartsWith(SettingKeys.PropertyFiles.FullName + ":", StringComparison.OrdinalIgnoreCase) && KafkaProperties.IsSecret(key);
}
