using Xunit;

namespace KafkaFs.TestKit;

/// <summary>What a machine may lack: tests are skipped there with one clear reason, and fail in CI.</summary>
public static class Environments
{
    public static bool IsCi => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>Skips, or in CI fails, unless <paramref name="present"/>.</summary>
    public static void Require(bool present, string reason)
    {
        if (!present && IsCi)
        {
            Assert.Fail($"CI=true, but {reason}");
        }

        Assert.SkipUnless(present, reason);
    }

    public static void RequireFuse() => Require(File.Exists("/dev/fuse"), "there is no /dev/fuse");

    public static void RequireRoot() => Require(Environment.IsPrivilegedProcess, "this needs root");

    /// <summary>The folder of the repository.</summary>
    public static string Repository
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KafkaFs.sln")))
            {
                folder = folder.Parent;
            }

            return folder?.FullName ?? throw new InvalidOperationException("The tests run from within the repository.");
        }
    }
}
