using System.Buffers.Binary;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;
using KafkaFs.Simulation.Model;
using KafkaFs.Simulation.Records;
using Xunit;

namespace KafkaFs.Simulation;

/// <summary>One random log, applied to the naive model and to the product's namespace at once.</summary>
internal sealed class ModelRun
{
    private readonly NaiveFilesystem _model = new();
    private readonly RandomRecords _records;
    private readonly Trace _trace;
    private readonly Effects _effects = new();

    public ModelRun(int seed, Trace trace) => (_records, _trace) = (new RandomRecords(seed, _model), trace);

    public NamespaceState State { get; } = new();

    /// <summary>After each record, before it is compared.</summary>
    public Action? AfterRecord { get; set; }

    /// <summary>The next <paramref name="count"/> records, also for <paramref name="second"/>, which stands where this one does.</summary>
    public void Play(int count, NamespaceState? second = null)
    {
        for (; count > 0; count--)
        {
            long offset = State.NextOffset;
            byte[] record = _records.Next();
            bool wellFormed = ChangeCodec.TryDecode(record, out Change change, out _);
            Outcome actual = Apply(State, change, wellFormed);
            Outcome again = second is null ? actual : Apply(second, change, wellFormed);
            Outcome expected = _model.Apply(change, wellFormed, offset, _records.AppendTimeMs);
            _trace.Add($"{offset}: {change.Kind} {expected}");
            Assert.True(expected == actual, $"record {offset} ({change.Kind}): the model says {expected}, evaluation {actual}");
            Assert.True(actual == again, $"record {offset} ({change.Kind}): evaluation says {actual}, and {again} from a loaded index");
            AfterRecord?.Invoke();
            if (offset % 50 == 49)
            {
                List<string> differences = StateComparison.Differences(_model, State);
                Assert.True(differences.Count == 0, $"after record {offset} ({change.Kind}):\n{string.Join('\n', differences)}");
            }
        }
    }

    private Outcome Apply(NamespaceState state, in Change change, bool wellFormed)
    {
        _effects.Clear();
        Outcome outcome = new Evaluation(state).Evaluate(change, wellFormed, state.NextOffset, _records.AppendTimeMs, _effects);
        if (_effects.Kind == EffectKind.Make && _effects.Inode != FileId.Root)
        {
            NoteIdentity(_effects.Inode);
        }

        state.Publish(change, outcome, _effects, state.NextOffset);
        return outcome;
    }

    // What a tree would note, of different lengths; some filesystems have none.
    private void NoteIdentity(FileId inode)
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(identity, ~inode.Value);
        _effects.SetIdentity(identity[..(int)(inode.Counter * 8 % (Effects.MaxIdentityBytes + 8))]);
    }
}
