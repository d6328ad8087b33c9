using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.TestKit;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KafkaFs.Hosting.Tests.Lifetime;

public sealed class FailureReportTests
{
    [Fact]
    public void AFullDiskIsTheMachinesFaultAndSaid()
    {
        (int code, string? words) = FailureReport.Describe(new IOException("No space left on device : '/srv/m/.kafkafs/clean.new'"));
        Assert.Equal(ExitCode.DataRootUnusable, code);
        Assert.Contains("/srv/m/.kafkafs/clean.new", words, StringComparison.Ordinal);
        Assert.Equal(ExitCode.DataRootUnusable, FailureReport.Describe(new SqliteException("database or disk is full", 13)).ExitCode);
    }

    [Fact]
    public void AMistakeOfOursKeepsItsStackTrace()
    {
        Assert.Equal((ExitCode.Internal, null), FailureReport.Describe(new SqliteException("syntax error", 1)));
        Assert.Equal((ExitCode.Internal, null), FailureReport.Describe(new InvalidOperationException()));
    }

    [Fact]
    public void EveryExitCodeIsInTheManualAndNoOther()
    {
        string manual = File.ReadAllText(Path.Combine(Environments.Repository, "docs/operations.md"));
        int[] documented = [.. Regex.Matches(manual, @"^\| (\d+) \|", RegexOptions.Multiline).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        int[] named = [.. typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (int)field.GetRawConstantValue()!)];
        Assert.Equal(named.Order(), documented.Order());
    }

    [Theory]
    [InlineData("kafkafs-master@.service")]
    [InlineData("kafkafs-slave.service")]
    [InlineData("kafkafs-slave@.service")]
    public void AServiceIsNotStartedAgainForWhatOnlyAnOperatorCanMend(string unit)
    {
        string text = File.ReadAllText(Path.Combine(Environments.Repository, "deploy", unit));
        string[] prevented = Regex.Match(text, "^RestartPreventExitStatus=(.*)$", RegexOptions.Multiline).Groups[1].Value.Split(' ');
        int[] wanted = [64, 73, 74, 75, 76, 78, 79];
        int[] ofMount = unit.Contains("master", StringComparison.Ordinal) ? [71, 72] : [];
        Assert.Equal(wanted.Concat(ofMount).Order(), prevented.Select(code => int.Parse(code, CultureInfo.InvariantCulture)).Order());
        Assert.DoesNotContain("umount", text, StringComparison.Ordinal);
    }
}
