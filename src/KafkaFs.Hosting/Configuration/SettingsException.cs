namespace KafkaFs.Hosting.Configuration;

/// <summary>All that is wrong with the settings, a line each: key, what was found, what is wanted.</summary>
public sealed class SettingsException(IReadOnlyList<string> errors)
    : Exception($"{errors.Count} invalid setting{(errors.Count == 1 ? "" : "s")}:\n" + string.Join('\n', errors.Select(error => "  " + error)))
{
    public IReadOnlyList<string> Errors { get; } = errors;
}
