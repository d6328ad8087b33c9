using System.Text;
using KafkaFs.Cli.Status;
using KafkaFs.Hosting.Status;
using KafkaFs.Replica;
using Xunit;

namespace KafkaFs.Cli.Tests;

public sealed class StatusTableTests
{
    private static readonly DateTimeOffset s_since = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static HostReport Slave { get; } = new()
    {
        Host = "slave@copy",
        Process = 42,
        Version = "1.0",
        DataRoot = "/srv/copy",
        Journal = "topic 'projects'",
        State = HostState.CatchingUp,
        IsReady = false,
        Words = "catching up",
        Since = s_since,
        AppliedOffset = 1_000,
        EndOffset = 4_000,
        LagSeconds = 12.34,
        CheckpointPosition = 900,
        Calls = [],
        Callers = [],
    };

    [Fact]
    public void AHostThatCatchesUpHasARateAndAnEstimate()
    {
        string[] lines = [.. StatusTable.Lines([Slave with { AppliedOffset = 0 }], [Slave], TimeSpan.FromSeconds(2))];
        Assert.Equal("slave@copy  CatchingUp: catching up", lines[0]);
        Assert.Equal("    record 1000 of 4000, 12.3 s behind, 500 records/s, about 6 s left; checkpoint 900", lines[1]);
        Assert.StartsWith("    data root /srv/copy, topic 'projects', process 42, CatchingUp since ", lines[2], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void AReadyHostThatIsFarBehindIsNotCalledReady()
    {
        HostReport behind = Slave with { State = HostState.Ready, LastError = "it was so", LastErrorAt = s_since };
        string[] lines = [.. StatusTable.Lines([], [behind], TimeSpan.FromSeconds(2))];
        Assert.Equal("slave@copy  Behind: catching up", lines[0]);
        Assert.DoesNotContain("left", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(": it was so", lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 0, "looking: 5 inodes so far")]
    [InlineData(0, 0, "looking")]
    [InlineData(0, 100, "looking: 0 of 100 inodes")]
    [InlineData(25, 100, "looking: 25 of 100 inodes, about 3 min left")]
    [InlineData(120, 100, "looking: 120 of 100 inodes")]
    public void WhatALongCommandIsAt(long done, long total, string words)
    {
        ProgressReport progress = new("looking", done, total, "inodes", 60);
        Assert.Equal($"    {words}", StatusTable.Lines([], [Slave with { State = HostState.Starting, Progress = progress }], TimeSpan.FromSeconds(1)).ElementAt(3));
        CommandReport verify = new("verify", 43, "1.0", "/srv/copy", s_since, progress);
        Assert.Equal($"kafkafs verify  {words}", StatusTable.Lines([verify]).First());
    }

    [Fact]
    public void AReportIsOneOfAHostOrOfACommand()
    {
        CommandReport import = new("import", 43, "1.0", "/srv/files", s_since, new ProgressReport("writing", 25, 100, "bytes", 60));
        Assert.Equal(import, CommandReport.FromJson(import.ToJson()));
        Assert.Contains("\"secondsLeft\":180", Encoding.UTF8.GetString(import.ToJson()), StringComparison.Ordinal);
        Assert.Null(HostReport.FromJson(import.ToJson()));
        Assert.Null(CommandReport.FromJson(Slave.ToJson()));
        Assert.Equal(Slave.Host, HostReport.FromJson(Slave.ToJson())?.Host);
        Assert.Null(CommandReport.FromJson("{"u8));
    }
}
