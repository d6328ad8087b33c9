using System.Buffers.Binary;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Simulation.Fuzz;

/// <summary>Hostile records decoded, evaluated and published: whatever they hold, the namespace stays one.</summary>
internal sealed class EvaluationFuzzRun
{
    private const int RecordsPerCheck = 1_000;

    private readonly NamespaceState _state = new();
    private readonly Evaluation _evaluation;
    private readonly HostileRecords _records;
    private readonly Effects _effects = new();
    private readonly Trace _trace;

    public EvaluationFuzzRun(int seed, Trace trace) =>
        (_records, _evaluation, _trace) = (new HostileRecords(new Random(seed), _state), new Evaluation(_state), trace);

    public void Play(int count)
    {
        Assert.Equal(Outcome.Success, Apply(HostileRecords.First()));
        for (int index = 1; index <= count; index++)
        {
            byte[] record = _records.Next();
            _trace.Note(record);
            Outcome outcome = Apply(record);
            _trace.Add($"{_state.NextOffset - 1}: {outcome}");
            if (index % RecordsPerCheck == 0)
            {
                Assert.Null(_state.FirstWrongCount());
            }
        }

        GoOn();
    }

    // After all that, an honest master starts and works.
    private void GoOn()
    {
        Guid master = Guid.NewGuid();
        Assert.Equal(Outcome.Success, Apply(_records.NewSession(master)));
        SessionId session = new(_state.LastSession);
        Assert.Equal(Outcome.Success, Apply(_records.Mkdir(session, "honest")));
        Assert.False(_state.Lookup(FileId.Root, "honest"u8).IsNone);
        Assert.Null(_state.FirstWrongCount());
    }

    private Outcome Apply(byte[] record)
    {
        bool wellFormed = ChangeCodec.TryDecode(record, out Change change, out _);
        _effects.Clear();
        Outcome outcome = _evaluation.Evaluate(change, wellFormed, _state.NextOffset, _records.AppendTimeMs, _effects);
        if (_effects.Kind == EffectKind.Make && _effects.Inode != FileId.Root)
        {
            Span<byte> identity = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(identity, ~_effects.Inode.Value);
            _effects.SetIdentity(identity);
        }

        _state.Publish(change, outcome, _effects, _state.NextOffset);
        return outcome;
    }
}
