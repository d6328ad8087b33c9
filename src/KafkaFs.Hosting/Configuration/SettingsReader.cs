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

    public string Text(string key, string fallback = "")
    {
        _known.Add(key);
        return section[key] is { Length: > 0 } value ? value : fallback;
    }

    /// <summary>Settings of another role: known, and not looked at.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            _known.Add(key);
        }
    }

    public string Required(string key, string wanted)
    {
        string value = Text(key);
        if (value.Length == 0)
        {
            Errors.Add($"{Name(key)} is missing: {wanted}");
        }

        return value;
    }

    public int Number(string key, int fallback, int min, int max)
    {
        string text = Text(key);
        if (text.Length == 0)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max)
        {
            return value;
        }

        Errors.Add($"{Name(key)} = '{text}': a number from {min} to {max} is wanted");
        return fallback;
    }

    public long? Bytes(string key)
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

        Errors.Add($"{Name(key)} = '{text}': a number of bytes is wanted");
        return null;
    }

    public bool? Flag(string key)
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

        Errors.Add($"{Name(key)} = '{text}': true or false is wanted");
        return null;
    }

    public string Choice(string key, string fallback, params ReadOnlySpan<string> choices)
    {
        string text = Text(key, fallback);
        foreach (string choice in choices)
        {
            if (text.Equals(choice, StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        Errors.Add($"{Name(key)} = '{text}': {string.Join(" or ", choices!)} is wanted");
        return fallback;
    }

    /// <summary>All keys below <paramref name="key"/>, whatever they are.</summary>
    public Dictionary<string, string> Free(string key)
    {
        _known.Add(key + ":*");
        return section.GetSection(key).AsEnumerable(makePathsRelative: true)
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
    private static int Distance(string first, string second)
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
