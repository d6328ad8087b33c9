using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace KafkaFs.Hosting.Configuration;

/// <summary>Reads single settings and collects everything that is wrong; what nobody asked for is unknown.</summary>
internal sealed class SettingsReader(IConfigurationSection section)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public List<string> Errors { get; } = [];

    /// <summary>What is no error and should be mended.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The settings are another process's: what only that one sees is no error.</summary>
    public bool IsRehearsal { get; init; }

    /// <summary>The value, or the setting's default.</summary>
    public string Text(SettingKey key)
    {
        _known.Add(key.Name);
        return section[key.Name] is { Length: > 0 } value ? value : key.Default;
    }

    /// <summary>Settings of another role: known, and not looked at.</summary>
    public void Ignore(IEnumerable<SettingKey> keys) => _known.UnionWith(keys.Select(static key => key.Name));

    public string Required(SettingKey key)
    {
        string value = Text(key);
        if (value.Length == 0)
        {
            string wanted = key.Choices.Count > 0 ? string.Join(" or ", key.Choices) : key.Meaning;
            Errors.Add($"{key.FullName} is missing: {wanted}");
        }

        return value;
    }

    /// <summary>Null if it is not given and has no default.</summary>
    public int? Number(SettingKey key)
    {
        string text = Text(key);
        if (text.Length == 0)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) && value >= key.Range.Min && value <= key.Range.Max)
        {
            return value;
        }

        Errors.Add($"{key.FullName} = '{text}': a number from {key.Range.Min} to {key.Range.Max} is wanted");
        return null;
    }

    public TimeSpan Seconds(SettingKey key)
    {
        string text = Text(key);
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value >= key.Range.Min && value <= key.Range.Max)
        {
            return TimeSpan.FromSeconds(value);
        }

        Errors.Add($"{key.FullName} = '{text}': seconds from {key.Range.Min} to {key.Range.Max} are wanted");
        return TimeSpan.FromSeconds(key.DefaultNumber);
    }

    public long? Bytes(SettingKey key)
    {
        string text = Text(key);
        if (text.Length == 0)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            return value;
        }

        Errors.Add($"{key.FullName} = '{text}': a number of bytes is wanted");
        return null;
    }

    public bool? Flag(SettingKey key)
    {
        string text = Text(key);
        if (text.Length == 0)
        {
            return null;
        }

        if (bool.TryParse(text, out bool value))
        {
            return value;
        }

        Errors.Add($"{key.FullName} = '{text}': true or false is wanted");
        return null;
    }

    /// <summary>One of the setting's words, as it spells it; its default if there is an error.</summary>
    public string Choice(SettingKey key)
    {
        string text = Text(key);
        if (key.Choices.FirstOrDefault(choice => text.Equals(choice, StringComparison.OrdinalIgnoreCase)) is string found)
        {
            return found;
        }

        Errors.Add($"{key.FullName} = '{text}': {string.Join(" or ", key.Choices)} is wanted");
        return key.Default;
    }

    /// <summary>All keys below <paramref name="key"/>, whatever they are.</summary>
    public Dictionary<string, string> Free(SettingKey key)
    {
        _known.Add(key.Name + ":*");
        return section.GetSection(key.Name).AsEnumerable(makePathsRelative: true)
            .Where(pair => pair.Value is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Value!);
    }

    /// <summary>Reports the keys that nobody asked for, with the nearest known one.</summary>
    public void RefuseUnknown()
    {
        foreach ((string key, string? value) in section.AsEnumerable(makePathsRelative: true))
        {
            bool free = _known.Any(known => known.EndsWith(":*", StringComparison.Ordinal) && key.StartsWith(known[..^1], StringComparison.OrdinalIgnoreCase));
            if (value is not null && !free && !_known.Contains(key))
            {
                string nearest = _known.Where(known => !known.EndsWith('*')).MinBy(known => Distance(known, key))!;
                Errors.Add($"{Name(key)} is no setting: did you mean {Name(nearest)}?");
            }
        }
    }

    public static string Name(string key) => $"KafkaFs:{key}";

    // Levenshtein's distance, ignoring case.
    internal static int Distance(string first, string second)
    {
        int[] row = [.. Enumerable.Range(0, second.Length + 1)];
        for (int i = 1; i <= first.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= second.Length; j++)
            {
                int cost = char.ToUpperInvariant(first[i - 1]) == char.ToUpperInvariant(second[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + cost));
            }
        }

        return row[^1];
    }
}
