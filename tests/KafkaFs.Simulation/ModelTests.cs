using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Simulation.Checkpoint;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Simulation;

/// <summary>Evaluation against the naive model, on random logs with all their mistakes; seeds: <see cref="Seeds"/>.</summary>
public sealed class ModelTests
{
    private const int Records = 400;
    private const int RecordsAfterLoading = 200;

    [Fact]
    public void G5_EvaluationIsWhatTheNaiveModelSays()
    {
        Seeds.Run(Seeds.Count("model", 2_000), (seed, trace) => new ModelRun(seed, trace).Play(Records));
    }

    [Fact]
    public void G1_TheIndexGivesBackTheWholeStateAndTheLogGoesOnFromItAlike()
    {
        using TemporaryFolder folder = new();
        Seeds.Run(Seeds.Count("index", 100), (seed, trace) =>
        {
            ModelRun run = new(seed, trace);
            run.Play(Records);
            string path = folder[$"{seed}.db"];
            CheckpointHeader header = new(new JournalIdentity("kafka", "cluster", "topic"), run.State.NextOffset, [1, 2, 3], [4, 5], run.State.NextOffset + 7);
            using (NamespaceIndex index = NamespaceIndex.Open(path))
            {
                index.Commit(run.State.Freeze(), header);
            }

            (NamespaceState loaded, CheckpointHeader other) = NamespaceIndex.Load(path);
            Assert.Equal((header.Journal, header.NextOffset, header.Horizon), (other.Journal, other.NextOffset, other.Horizon));
            Assert.Equal(header.LastRecordHash, other.LastRecordHash);
            Assert.Empty(StateRows.Differences(run.State, loaded));
            run.Play(RecordsAfterLoading, loaded);
            Assert.Empty(StateRows.Differences(run.State, loaded));
        });
    }

    [Fact]
    public void G1_TheStateHashIsThatOfTheRowsAfterEveryRecord()
    {
        Seeds.Run(Seeds.Count("state hash", 30), (seed, trace) =>
        {
            ModelRun run = new(seed, trace);
            NamespaceState second = new();
            run.AfterRecord = () =>
            {
                Assert.Equal(Copies.Of(run.State).StateHash, run.State.StateHash);
                Assert.Equal(second.StateHash, run.State.StateHash);
            };
            run.Play(Records, second);
        });
    }

    [Fact]
    public void G1_ACheckpointIsTheStateOfItsFreezeAlthoughRecordsGoOn()
    {
        int checkpoints = 0;
        Seeds.Run(Seeds.Count("checkpoints", 300), (seed, trace) =>
        {
            CheckpointRun run = new(seed, trace, new VolatileStore());
            run.Play(Records);
            Interlocked.Add(ref checkpoints, run.Checkpoints);
        });
        Assert.True(checkpoints > 0);
    }

    [Fact]
    public void G1_TheIndexTakesCheckpointsOverInPlace()
    {
        using TemporaryFolder folder = new();
        Seeds.Run(Seeds.Count("index in place", 40), (seed, trace) =>
        {
            using NamespaceIndex index = NamespaceIndex.Open(folder[$"{seed}.db"]);
            new CheckpointRun(seed, trace, index).Play(Records);
        });
    }
}
