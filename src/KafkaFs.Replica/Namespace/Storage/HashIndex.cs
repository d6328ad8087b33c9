namespace KafkaFs.Replica.Namespace.Storage;

/// <summary>
/// Linear hashing over the elements of a <see cref="SlotArray{T}"/>: it grows by splitting one bucket for each element added, so
/// there is never a pause to rehash. Not thread-safe.
/// </summary>
internal sealed class HashIndex<T>(SlotArray<T> slots)
    where T : struct, ISlot
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;
    private const uint FirstBuckets = ChunkSize;

    private readonly List<int[]> _heads = [new int[ChunkSize]];
    private uint _round = FirstBuckets;
    private uint _split;
    private uint _count;

    /// <summary>While it is empty: makes room for so many elements at once, so that adding them splits nothing.</summary>
    public void Reserve(int count)
    {
        while (_round < count)
        {
            _round *= 2;
        }

        while (_heads.Count << ChunkBits < _round)
        {
            _heads.Add(new int[ChunkSize]);
        }
    }

    /// <summary>First slot of the bucket of <paramref name="hash"/>, 0 if it is empty; the others follow by HashNext.</summary>
    public int First(uint hash) => Head(BucketOf(hash));

    public void Add(int slot)
    {
        Push(BucketOf(slots[slot].Hash), slot);
        if (++_count > _round + _split)
        {
            SplitNext();
        }
    }

    public void Remove(int slot)
    {
        ref int link = ref Head(BucketOf(slots[slot].Hash));
        if (link == slot)
        {
            link = slots[slot].HashNext;
        }
        else
        {
            int previous = link;
            while (slots[previous].HashNext != slot)
            {
                previous = slots[previous].HashNext;
            }

            slots[previous].HashNext = slots[slot].HashNext;
        }

        _count--;
    }

    private uint BucketOf(uint hash)
    {
        uint bucket = hash & (_round - 1);
        return bucket < _split ? hash & ((2 * _round) - 1) : bucket;
    }

    private ref int Head(uint bucket) => ref _heads[(int)(bucket >> ChunkBits)][bucket & (ChunkSize - 1)];

    private void Push(uint bucket, int slot)
    {
        ref int head = ref Head(bucket);
        slots[slot].HashNext = head;
        head = slot;
    }

    private void SplitNext()
    {
        uint added = _round + _split;
        if (added >> ChunkBits >= _heads.Count)
        {
            _heads.Add(new int[ChunkSize]);
        }

        int slot = Head(_split);
        Head(_split) = 0;
        uint from = _split++;
        while (slot != 0)
        {
            int next = slots[slot].HashNext;
            Push((slots[slot].Hash & _round) == 0 ? from : added, slot);
            slot = next;
        }

        if (_split == _round)
        {
            (_round, _split) = (2 * _round, 0);
        }
    }
}
