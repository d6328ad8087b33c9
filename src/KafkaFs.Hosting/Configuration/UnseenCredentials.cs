namespace KafkaFs.Hosting.Configuration;

/// <summary>Properties whose values only a service sees: what can be tried without them.</summary>
internal sealed class UnseenCredentials
{
    private static readonly string[] s_keyPairs = ["ssl.key", "ssl.certificate"];
    private static readonly string[] s_security = ["ssl.", "sasl.", "security."];

    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private bool _config;

    public void Add(string name) => _names.Add(name);

    /// <summary>A file of many, whose names are unseen too.</summary>
    public void AddConfig() => _config = true;

    /// <summary>librdkafka does not take a user without any password, but any; a key and its certificate it takes only if they fit.</summary>
    public Dictionary<string, string> Triable(Dictionary<string, string> properties)
    {
        string[] left = _config ? s_security : _names.Any(static name => name.StartsWith("ssl.", StringComparison.OrdinalIgnoreCase)) ? s_keyPairs : [];
        return properties
            .Where(pair => !left.Any(prefix => pair.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            .ToDictionary(static pair => pair.Key, pair => _names.Contains(pair.Key) ? "unseen" : pair.Value, StringComparer.OrdinalIgnoreCase);
    }
}
