using System.Diagnostics;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Hosting.Tests.Repository;

/// <summary>What dpkg runs, with a systemctl that does as it is told here.</summary>
public sealed class PackageScriptTests : IDisposable
{
    private static readonly string s_debian = Path.Combine(Environments.Repository, "deploy/debian");

    private readonly TemporaryFolder _folder = new();

    public PackageScriptTests() => Environments.RequireRoot();

    [Fact]
    public void AnUpgradeDoesNotWaitForBrokersThatAreAwayAndSaysWhatDoes()
    {
        // Its minute is a second here.
        Program("timeout", "[ \"$1\" = 60 ]; shift; exec /usr/bin/timeout 1 \"$@\"");
        Program("systemctl", "case $1 in try-restart) sleep 30;; list-units) echo 'kafkafs-slave.service loaded activating start KafkaFS slave';; esac");
        long began = Stopwatch.GetTimestamp();
        (int code, string output, string error) = Run("postinst", "configure", "1.0");
        Assert.Equal((0, ""), (code, output));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15));
        Assert.Contains("not running again yet: kafkafs-slave.service", error, StringComparison.Ordinal);
        Assert.Contains("kafkafs status", error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUpgradeAfterWhichAllRunsSaysNothing()
    {
        Program("systemctl", $"echo \"$1\" >> {_folder["calls"]}");
        Assert.Equal((0, "", ""), Run("postinst", "configure", "1.0"));
        Assert.Equal("daemon-reload\ntry-restart\n", File.ReadAllText(_folder["calls"]));
    }

    [Fact]
    public void AnInstallationStartsNothing()
    {
        Program("systemctl", $"echo \"$1\" >> {_folder["calls"]}");
        Assert.Equal((0, "", ""), Run("postinst", "configure", ""));
        Assert.Equal("daemon-reload\n", File.ReadAllText(_folder["calls"]));
    }

    public void Dispose() => _folder.Dispose();

    private void Program(string name, string script)
    {
        File.WriteAllText(_folder[name], $"#!/bin/sh\n{script}\n");
        ToolProcess.Run("chmod", ["+x", _folder[name]]);
    }

    // With a /run of its own, that of a machine which systemd has booted.
    private (int Code, string Output, string Error) Run(string script, params string[] arguments) => ToolProcess.Try("unshare",
        ["--mount", "sh", "-ceu", $"mount -t tmpfs none /run; mkdir -p /run/systemd/system; PATH={_folder.Path}:$PATH exec sh {s_debian}/{script} \"$@\"", "-", .. arguments],
        TimeSpan.FromMinutes(1));
}
