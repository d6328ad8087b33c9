using System.Globalization;

namespace KafkaFs.Hosting.Configuration;

/// <summary>What a setting takes.</summary>
public enum SettingKind
{
    Text,
    Number,

    /// <summary>May have a fraction.</summary>
    Seconds,
    Bytes,
    Flag,
    Choice,

    /// <summary>Keys below it are free: names of properties.</summary>
    Map,
}

/// <summary>
/// One setting below `KafkaFs`: what it takes, and what it is when it is not given. The binder reads by it; `kafkafs config` and the manual tell it.
/// </summary>
/// <param name="Name">Key below the section, with colons.</param>
/// <param name="Meaning">What it is, a phrase.</param>
public sealed record SettingKey(string Name, SettingKind Kind, string Meaning)
{
    /// <summary>As it would stand in a file; empty if it is required, or means nothing then.</summary>
    public string Default { get; init; } = "";

    /// <summary>In words, where the value depends on something.</summary>
    public string? DefaultWords { get; init; }

    /// <summary>Smallest and greatest value of a number, or of seconds.</summary>
    public (int Min, int Max) Range { get; init; }

    /// <summary>The words that a choice takes.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>It must be given, at least where it is looked at.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The role that looks at it; null: both.</summary>
    public HostRole? Role { get; init; }

    /// <summary>As people and messages name it.</summary>
    public string FullName => SettingsReader.Name(Name);

    /// <summary><see cref="Default"/> of a number, or of seconds.</summary>
    internal int DefaultNumber => int.Parse(Default, CultureInfo.InvariantCulture);
}
