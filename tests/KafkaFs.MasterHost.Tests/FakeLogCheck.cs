using KafkaFs.Journal.Contract;

namespace KafkaFs.MasterHost.Tests;

/// <summary>A check of the log that answers as a test says.</summary>
internal sealed class FakeLogCheck : ILogCheck
{
    /// <summary>The answer to each question: nothing if the log is ours.</summary>
    public Func<Exception?> Answer { get; set; } = static () => null;

    public int Questions { get; private set; }

    public List<string> Suspicions { get; } = [];

    public Task ConfirmAsync(CancellationToken stop)
    {
        Questions++;
        return Answer() is Exception exception ? Task.FromException(exception) : Task.CompletedTask;
    }

    public void Suspect(string why) => Suspicions.Add(why);
}
