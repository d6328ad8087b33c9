namespace KafkaFs.Simulation.Disk;

/// <summary>
/// What survives. A kill loses only what is open. A power cut: everything before the last sync is there; of the effects on names and
/// attributes since then the first so many, call by call; of those on content any (a write also by half).
/// </summary>
internal sealed partial class SimulatedDisk
{
    // Since the last sync: how to undo each effect on names and attributes, and where a call's effects end.
    private readonly List<Undo> _undos = [];
    private readonly List<int> _callEnds = [];
    private readonly List<DataEffect> _data = [];

    // All that the trail was since the last sync, and before.
    private readonly List<byte[]> _trails = [[]];
    private int _durableCalls;
    private int _sync;

    /// <summary>Calls with an effect on names or attributes that a power cut may take.</summary>
    public int UnsyncedCalls => _callEnds.Count - _durableCalls;

    /// <summary>Starts the machine after a kill.</summary>
    public void Restart()
    {
        Boot++;
        DropOpen();
        Machine.Start();
        Place = Mount();
    }

    /// <summary>Starts the machine after a power cut, of which chance decides what it left.</summary>
    public void CutPower(Random random)
    {
        int unsynced = UnsyncedCalls;
        int kept = random.Next(4) switch
        {
            0 => 0,
            1 => unsynced,
            _ => random.Next(unsynced + 1),
        };
        int percent = random.Next(5) switch
        {
            0 => 0,
            1 => 100,
            _ => random.Next(101),
        };
        CutPower(kept, random, percent);
    }

    /// <summary>The same, with so many of <see cref="UnsyncedCalls"/> kept, and this part of the effects on content.</summary>
    public void CutPower(int keptCalls, Random random, int keptDataPercent)
    {
        int calls = _durableCalls + keptCalls;
        int kept = calls == 0 ? 0 : _callEnds[calls - 1];
        Machine.Listener?.Invoke($"POWER CUT: {calls} of {_callEnds.Count} calls on names survive, {keptDataPercent} % of {_data.Count} on content");
        for (int index = _undos.Count - 1; index >= kept; index--)
        {
            Revert(_undos[index]);
        }

        KeepData(random, keptDataPercent);
        byte[] trail = _trails[random.Next(_trails.Count)];
        _trails.Clear();
        _trails.Add(trail);
        ForgetSynced();
        Restart();
    }

    private void KeepData(Random random, int percent)
    {
        foreach (DataEffect effect in _data)
        {
            effect.Object.Content = effect.Object.SyncedContent;
        }

        foreach (DataEffect effect in _data)
        {
            if (random.Next(100) < percent)
            {
                Apply(effect, half: effect.Kind == DataEffectKind.Write && random.Next(8) == 0);
            }
        }
    }

    // Nothing before this can be lost any more.
    private void ForgetSynced()
    {
        _undos.Clear();
        _callEnds.Clear();
        _data.Clear();
        _trails.RemoveRange(0, _trails.Count - 1);
        (_durableCalls, _sync) = (0, _sync + 1);
    }

    // All descriptors are gone; objects live that have a name.
    private void DropOpen()
    {
        for (int number = 0; number < _byNumber.Count; number++)
        {
            _byNumber[number] = null;
        }

        Keep(Root);
    }

    private void Keep(SimulatedObject named)
    {
        named.Opens = 0;
        if (_byNumber[named.Number] is SimulatedObject other && other != named)
        {
            throw new InvalidOperationException($"The simulated disk has two objects of one number: {named} and {other}.");
        }

        _byNumber[named.Number] = named;
        foreach ((byte[] _, SimulatedObject entry) in named.Entries)
        {
            Keep(entry);
        }
    }

    private void EndCall()
    {
        if (_undos.Count > (_callEnds.Count == 0 ? 0 : _callEnds[^1]))
        {
            _callEnds.Add(_undos.Count);
        }
    }

    private void SetEntry(SimulatedObject directory, ReadOnlySpan<byte> name, SimulatedObject? entry)
    {
        byte[] key = name.ToArray();
        SimulatedObject? former = Replace(directory, key, entry);
        if (former != entry)
        {
            _undos.Add(new Undo(directory, key, former, default, []));
        }
    }

    private void SetAttributes(SimulatedObject changed, in SimulatedAttributes attributes)
    {
        _undos.Add(new Undo(changed, null, null, changed.Attributes, changed.Xattrs));
        changed.Attributes = attributes;
    }

    private void SetXattrs(SimulatedObject changed, (byte[] Name, byte[] Value)[] xattrs)
    {
        _undos.Add(new Undo(changed, null, null, changed.Attributes, changed.Xattrs));
        changed.Xattrs = xattrs;
    }

    private void Revert(in Undo undo)
    {
        if (undo.Name is not null)
        {
            Replace(undo.Object, undo.Name, undo.Entry);
        }
        else
        {
            (undo.Object.Attributes, undo.Object.Xattrs) = (undo.Attributes, undo.Xattrs);
        }
    }

    // Returns what was at the name.
    private SimulatedObject? Replace(SimulatedObject directory, byte[] name, SimulatedObject? entry)
    {
        int index = directory.IndexOf(name);
        SimulatedObject? former = index < 0 ? null : directory.Entries[index].Object;
        if (former is not null)
        {
            directory.Entries[index] = directory.Entries[^1];
            directory.Entries.RemoveAt(directory.Entries.Count - 1);
            former.Links--;
            former.Parent = null;
        }

        if (entry is not null)
        {
            directory.Entries.Add((name, entry));
            entry.Links++;
            entry.Parent = entry.IsDirectory ? directory : null;
        }

        return former;
    }

    private void ChangeContent(SimulatedObject file, in DataEffect effect)
    {
        if (file.DirtySince != _sync)
        {
            (file.DirtySince, file.SyncedContent) = (_sync, file.Content);
        }

        _data.Add(effect);
        Apply(effect, half: false);
    }

    private static void Apply(in DataEffect effect, bool half)
    {
        byte[] former = effect.Object.Content, data = effect.Data;
        int written = half ? data.Length / 2 : data.Length;
        int size = effect.Kind switch
        {
            DataEffectKind.Write => Math.Max(former.Length, effect.Start + written),
            DataEffectKind.Truncate => effect.End,
            _ => former.Length,
        };
        byte[] content = new byte[size];
        former.AsSpan(0, Math.Min(size, former.Length)).CopyTo(content);
        if (effect.Kind == DataEffectKind.Write)
        {
            data.AsSpan(0, written).CopyTo(content.AsSpan(effect.Start));
        }
        else if (effect.Kind == DataEffectKind.Zero && effect.Start < size)
        {
            content.AsSpan(effect.Start, Math.Min(effect.End, size) - effect.Start).Clear();
        }

        effect.Object.Content = content;
    }

    private enum DataEffectKind
    {
        Write,
        Truncate,
        Zero,
    }

    /// <param name="Start">Write, Zero: the first byte.</param>
    /// <param name="End">Truncate: the size; Zero: the byte behind.</param>
    private readonly record struct DataEffect(SimulatedObject Object, DataEffectKind Kind, int Start, byte[] Data, int End);

    /// <param name="Name">The entry that goes back to <paramref name="Entry"/>; null: the object's attributes do.</param>
    private readonly record struct Undo(
        SimulatedObject Object, byte[]? Name, SimulatedObject? Entry, SimulatedAttributes Attributes, (byte[] Name, byte[] Value)[] Xattrs);
}
