using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Simulation.Model;
using KafkaFs.Simulation.Records;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Simulation;

/// <summary>Evaluation against the naive model, on random logs with all their mistakes.</summary>
public sealed class ModelTests
{
    private const int Records = 400;

    [Fact]
    public void G5_EvaluationIsWhatTheNaiveModelSays()
    {
        Seeds.Run(Seeds.Count("model", 2_000), (seed, trace) => _ = Play(seed, trace));
    }

    [Fact]
    public void TheIndexGivesBackTheWholeState()
    {
        using TemporaryFolder folder = new();
        Seeds.Run(Seeds.Count("index", 20), (seed, trace) =>
        {
            (NaiveFilesystem model, NamespaceState state) = Play(seed, trace);
            string path = folder[$"{seed}.db"];
            CheckpointHeader header = new(new JournalIdentity("kafka", "cluster", "topic"), state.NextOffset, [1, 2, 3], [4, 5]);
            NamespaceIndex.Save(path, state, header);
            (NamespaceState loaded, CheckpointHeader other) = NamespaceIndex.Load(path);
            Assert.Equal(header.NextOffset, other.NextOffset);
            Assert.Equal(header.LastRecordHash, other.LastRecordHash);
            Assert.Empty(StateComparison.Differences(model, loaded));
        });
    }

    private static (NaiveFilesystem Model, NamespaceState State) Play(int seed, Trace trace)
    {
        NaiveFilesystem model = new();
        RandomRecords records = new(seed, model);
        NamespaceState state = new();
        Evaluation evaluation = new(state);
        Effects effects = new();
        for (int offset = 0; offset < Records; offset++)
        {
            byte[] record = records.Next();
            bool wellFormed = ChangeCodec.TryDecode(record, out Change change, out _);
            effects.Clear();
            Outcome actual = evaluation.Evaluate(change, wellFormed, offset, records.NowMs, effects);
            state.Publish(change, actual, effects, offset);
            Outcome expected = model.Apply(change, wellFormed, offset, records.NowMs);
            trace.Add($"{offset}: {change.Kind} {expected}");
            Assert.True(expected == actual, $"record {offset} ({change.Kind}): the model says {expected}, evaluation {actual}");
            if (offset % 50 == 49)
            {
                List<string> differences = StateComparison.Differences(model, state);
                Assert.True(differences.Count == 0, $"after record {offset} ({change.Kind}):\n{string.Join('\n', differences)}");
            }
        }

        return (model, state);
    }
}
