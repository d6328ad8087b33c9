using Microsoft.Extensions.Configuration;

namespace KafkaFs.Hosting.Configuration;

/// <summary>The settings of one origin.</summary>
/// <param name="Origin">A file's path, or words.</param>
public sealed record SettingsLayer(string Origin, IConfiguration Values)
{
    /// <summary>It is a file of people's, who mistype keys.</summary>
    public bool IsFile { get; init; }
}
