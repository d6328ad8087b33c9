using KafkaFs.Posix.Files;

namespace KafkaFs.Hosting.Configuration;

/// <summary>
/// Data root, mountpoint and journal file must not lie in one another: one would wait for itself, or be taken for part of the
/// other. Paths are compared as they really are, links followed.
/// </summary>
internal static class PlaceRules
{
    public static void Check(SettingsReader reader, HostSettings settings)
    {
        string root = Real(settings.DataRoot), mount = Real(settings.Mountpoint), journal = Real(settings.EmbeddedFile ?? "");
        if (root.Length > 0 && mount.Length > 0 && RealPath.Overlap(root, mount))
        {
            reader.Errors.Add(
                $"{SettingKeys.DataRoot.FullName} '{root}' and {SettingKeys.Mountpoint.FullName} '{mount}' lie inside one another: name two separate directories");
        }

        Separate(reader, journal, SettingKeys.DataRoot, root);
        Separate(reader, journal, SettingKeys.Mountpoint, mount);
    }

    private static void Separate(SettingsReader reader, string journal, SettingKey key, string folder)
    {
        if (journal.Length > 0 && folder.Length > 0 && RealPath.Overlap(journal, folder))
        {
            reader.Errors.Add($"{SettingKeys.EmbeddedFile.FullName} '{journal}' lies inside {key.FullName} '{folder}': name a file elsewhere");
        }
    }

    private static string Real(string path) => path.Length == 0 ? "" : RealPath.Of(path);
}
