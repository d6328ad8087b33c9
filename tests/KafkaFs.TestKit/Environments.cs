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

    /// <summary>Skips, or in CI fails, where a program is missing that the test calls.</summary>
    public static void RequireTool(string program, string package) => Require(
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin").Split(':').Any(folder => File.Exists(Path.Combine(folder, program))),
        $"there is no {program}: install Debian's package {package} (deploy/install-test-tools)");

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
