namespace KafkaFs.Replica.Namespace.Storage;

/// <summary>
/// Structs in chunks that are never moved, freed slots used again: no object per element, and growth costs one chunk, not a
/// copy of everything. Slot 0 is never given and means none. Not thread-safe.
/// </summary>
internal sealed class SlotArray<T>
    where T : struct, ISlot
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<T[]> _chunks = [];
    private int _end = 1;
    private int _free;

    /// <summary>Slots in use.</summary>
    public int Count { get; private set; }

    /// <summary>All slots in use are below this.</summary>
    public int End => _end;

    public ref T this[int slot] => ref _chunks[slot >> ChunkBits][slot & (ChunkSize - 1)];

    /// <summary>A slot with the default value.</summary>
    public int Take()
    {
        Count++;
        if (_free != 0)
        {
            int slot = _free;
            _free = this[slot].HashNext;
            this[slot] = default;
            return slot;
        }

        if (_end >> ChunkBits >= _chunks.Count)
        {
            _chunks.Add(new T[ChunkSize]);
        }

        return _end++;
    }

    public void Free(int slot)
    {
        this[slot] = default;
        this[slot].HashNext = _free;
        _free = slot;
        Count--;
    }
}
