using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Simulation.Checkpoint;

/// <summary>
/// A random log with checkpoints at random positions: frozen at one record, written to a store while records go on (or refused there
/// and written again), completed at another. What is loaded has to be the state of the freeze.
/// </summary>
internal sealed class CheckpointRun
{
    private readonly Random _random;
    private readonly ModelRun _run;
    private readonly ICheckpointStore _store;
    private (NamespaceDelta Delta, NamespaceState Then)? _frozen;

    public CheckpointRun(int seed, Trace trace, ICheckpointStore store)
    {
        (_random, _store) = (new Random(seed), store);
        _run = new ModelRun(seed, trace) { AfterRecord = Step };
    }

    public int Checkpoints { get; private set; }

    public void Play(int records) => _run.Play(records);

    private void Step()
    {
        if (_random.Next(20) == 0)
        {
            ChangeIdentity();
        }

        if (_frozen is null && _random.Next(12) == 0)
        {
            Freeze();
        }
        else if (_frozen is not null && _random.Next(12) == 0)
        {
            Commit();
        }
    }

    // Recovery gives objects new identities at any time.
    private void ChangeIdentity()
    {
        InodeRow[] rows = [.. _run.State.InodeRows()];
        if (rows.Length > 0)
        {
            byte[] identity = new byte[_random.Next(Effects.MaxIdentityBytes + 1)];
            _random.NextBytes(identity);
            _run.State.SetIdentity(rows[_random.Next(rows.Length)].Inode, identity);
        }
    }

    private void Freeze()
    {
        NamespaceState then = Copies.Of(_run.State);
        NamespaceDelta delta = _run.State.Freeze();
        Assert.Equal(then.StateHash, delta.StateHash);
        Assert.Equal(0, _run.State.ChangedRows);
        Assert.False(_run.State.HasChanges);
        Assert.Throws<InvalidOperationException>(_run.State.Freeze);
        _frozen = (delta, then);
    }

    private void Commit()
    {
        (NamespaceDelta delta, NamespaceState then) = _frozen!.Value;
        CheckpointHeader header = new(new JournalIdentity("kafka", "cluster", "topic"), delta.Totals.NextOffset, [1], [2], delta.Totals.NextOffset);
        _store.Commit(delta, header);
        if (_random.Next(3) == 0)
        {
            // It succeeded, and whoever did it has not heard: records go on, and the same is written again.
            return;
        }

        delta.Complete();
        _frozen = null;
        Checkpoints++;
        (NamespaceState State, CheckpointHeader Header)? loaded = _store.Load();
        Assert.NotNull(loaded);
        Assert.Equal(header.NextOffset, loaded.Value.Header.NextOffset);
        Assert.Empty(StateRows.Differences(then, loaded.Value.State));
        Assert.Equal(then.StateHash, loaded.Value.State.StateHash);
        Assert.False(loaded.Value.State.HasChanges);
    }
}
