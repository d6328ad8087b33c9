using KafkaFs.Journal.Check;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Hosting.Tests.Repository;

/// <summary>docs/operations.md has the words that the software says of a journal.</summary>
public sealed class RecoveryTableDocumentTests
{
    [Fact]
    public void TheDocumentHasEveryRowWithItsWords()
    {
        string document = File.ReadAllText(Path.Combine(Environments.Repository, "docs/operations.md"));
        string[] missing = [.. RecoveryTable.Rows.Select(row => $"| {row.Words} | {Follows(row.Verdict)} | {row.Advice} |").Where(line => !document.Contains(line, StringComparison.Ordinal))];
        Assert.True(missing.Length == 0, "docs/operations.md lacks:\n" + string.Join('\n', missing));
    }

    private static string Follows(LogVerdict verdict) => verdict switch
    {
        LogVerdict.Warn => "warning",
        LogVerdict.WarnOfLoss => "error, goes on",
        LogVerdict.LookAtTail => "a closer look",
        LogVerdict.Stall => "`Stalled`",
        LogVerdict.Refuse => "ends with 76",
        _ => throw new InvalidOperationException($"{verdict} is not in the document."),
    };
}
