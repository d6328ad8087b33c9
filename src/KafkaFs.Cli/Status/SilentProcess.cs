using System.Text.Json;

namespace KafkaFs.Cli.Status;

/// <summary>A host or command that cannot be shown, since it does not say what it does.</summary>
/// <param name="Process">Its id.</param>
/// <param name="Problem">What it does instead, for a person.</param>
internal sealed record SilentProcess(int Process, string Problem)
{
    /// <summary>It hangs, or is stopped, or closes the connection.</summary>
    public const string NoAnswer = "does not answer";

    /// <summary>Its words mean nothing here.</summary>
    public const string OtherVersion = "answers what this version of kafkafs does not understand: another version runs there";

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);
}
