using KafkaFs.Cli.Compare;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Cli.Tests;

/// <summary>What an ordinary user may not read.</summary>
[Trait("Tier", "user")]
public sealed class UnreadableTests
{
    [Fact]
    public void WhatCannotBeReadIsSaidAndTheRestIsCompared()
    {
        Environments.Require(!Environment.IsPrivilegedProcess, "this is for an ordinary user");
        using TemporaryFolder folder = new("/var/tmp");
        ToolProcess.Shell($"""
            cd {folder.Path}; mkdir -p a/dir a/shut; echo x > a/dir/file; echo x > a/shut/file; cp -a a b
            echo y > b/later; chmod 000 b/dir/file; chmod 000 a/shut; chmod 000 b/shut
            """);
        List<string> lines = [];
        using TreeComparison comparison = new(folder["a"], folder["b"], lines.Add);
        comparison.Run();
        ToolProcess.Shell($"chmod 700 {folder["a"]}/shut {folder["b"]}/shut");
        Assert.Contains($"dir/file: cannot be read in '{folder["b"]}': EACCES", lines);
        Assert.Contains($"shut: cannot be read in '{folder["a"]}': EACCES", lines);
        Assert.Contains("later: only in the second", lines);
        Assert.Equal(2, comparison.Unreadable);
        Assert.EndsWith("2 differences, 2 could not be read", comparison.Summary, StringComparison.Ordinal);
    }
}
