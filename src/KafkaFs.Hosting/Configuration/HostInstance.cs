using System.Globalization;
using System.Text;

namespace KafkaFs.Hosting.Configuration;

/// <summary>
/// A host, or one of several of its role on a machine: then it has a name as systemd's instances have (`srv-data` of `kafkafs-master@srv-data`), a
/// settings file of its own, and places by its name. Master's names are escaped mount paths (systemd.unit(5)).
/// </summary>
/// <param name="Name">Null for the only one.</param>
public sealed record HostInstance(HostRole Role, string? Name = null)
{
    /// <summary>Names the instance to a host; the units set it.</summary>
    public const string Variable = "KAFKAFS_INSTANCE";

    /// <summary>Whether it has settings files. A host that a command of people starts has none: they are for services.</summary>
    public bool HasFiles { get; init; } = true;

    /// <summary>What the environment says this process is. Throws <see cref="SettingsException"/> for a name that is none.</summary>
    public static HostInstance OfThisProcess(HostRole role) => Of(role, Environment.GetEnvironmentVariable(Variable));

    /// <summary>An empty name is none.</summary>
    public static HostInstance Of(HostRole role, string? name) => name switch
    {
        null or "" => new(role),
        _ when name.Contains('/', StringComparison.Ordinal) || name is "." or ".." => throw new SettingsException(
            [$"{Variable} = '{name}': the name of a systemd instance is wanted, as `systemd-escape --path` makes it of a mount path"]),
        _ => new(role, name),
    };

    /// <summary>`master`, or `master@srv-data`.</summary>
    public string FullName => Name is null ? RoleName : $"{RoleName}@{Name}";

    /// <summary>Names of its settings files, those that win last.</summary>
    public IReadOnlyList<string> SettingsFiles => Name is null ? [$"{RoleName}.json"] : [$"{RoleName}.json", $"{FullName}.json"];

    /// <summary>What a host has by its name alone: an instance all its places, and the only slave its data root. No place lies in another.</summary>
    public Dictionary<string, string?> Places
    {
        get
        {
            Dictionary<string, string?> places = [];
            if (DefaultDataRoot is string folder)
            {
                places[SettingKeys.DataRoot.FullName] = Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } given ? given : folder;
            }

            if (Role == HostRole.Master && Name is not null)
            {
                places[SettingKeys.Mountpoint.FullName] = "/" + Unescape(Name);
            }

            return places;
        }
    }

    // As the units' StateDirectory= says it.
    private string? DefaultDataRoot => (Role, Name) switch
    {
        (HostRole.Master, null) => null,
        (HostRole.Master, _) => $"/var/lib/kafkafs/master/{Name}",
        _ => $"/var/lib/kafkafs/{FullName}",
    };

    private string RoleName => Role == HostRole.Master ? "master" : "slave";

    // systemd.unit(5): '-' is '/', \xNN a byte; "-" alone is the root.
    private static string Unescape(string name)
    {
        List<byte> path = [];
        byte[] bytes = Encoding.UTF8.GetBytes(name == "-" ? "" : name);
        for (int index = 0; index < bytes.Length; index++)
        {
            if (bytes.AsSpan(index) is [(byte)'\\', (byte)'x', byte high, byte low, ..]
                && byte.TryParse([(char)high, (char)low], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                path.Add(value);
                index += 3;
            }
            else
            {
                path.Add(bytes[index] == '-' ? (byte)'/' : bytes[index]);
            }
        }

        return Encoding.UTF8.GetString([.. path]);
    }
}
