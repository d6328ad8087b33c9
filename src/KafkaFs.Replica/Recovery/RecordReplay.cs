using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Recovery;

/// <summary>Evaluates and publishes records in memory, without a tree. For one thread.</summary>
internal sealed class RecordReplay(NamespaceState state)
{
    private readonly Evaluation _evaluation = new(state);
    private readonly Effects _effects = new();

    /// <summary>What is done with a record that has effects, before it is published.</summary>
    public delegate void Visit(in Change change, Effects effects, long offset);

    /// <summary>The next record. Throws <see cref="JournalRefusedException"/> for one that no replica may go past.</summary>
    public void Replay(in JournalRecord record, Visit visit)
    {
        bool wellFormed = ChangeCodec.TryDecode(record.Bytes, out Change change, out string? defect);
        _effects.Clear();
        Outcome outcome = _evaluation.Evaluate(change, wellFormed, record.Offset, record.AppendTimeMs, _effects);
        AcceptanceRules.Require(change, outcome, defect, record.Offset);
        if (_effects.Kind != EffectKind.None)
        {
            visit(change, _effects, record.Offset);
        }

        state.Publish(change, outcome, _effects, record.Offset);
    }
}
