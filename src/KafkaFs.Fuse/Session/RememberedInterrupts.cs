namespace KafkaFs.Fuse.Session;

/// <summary>
/// INTERRUPTs of requests that do not wait for anybody yet: they take effect when the request is deferred. The oldest goes when
/// there are too many: most are of requests that were answered meanwhile. Not thread-safe.
/// </summary>
internal sealed class RememberedInterrupts
{
    /// <summary>Most INTERRUPTs that are remembered.</summary>
    public const int Capacity = 1_024;

    private readonly HashSet<ulong> _known = [];
    private readonly Queue<ulong> _order = new();

    public void Add(ulong unique)
    {
        if (!_known.Add(unique))
        {
            return;
        }

        _order.Enqueue(unique);
        if (_order.Count > Capacity)
        {
            _known.Remove(_order.Dequeue());
        }
    }

    /// <summary>The request was interrupted before; it is forgotten then, uniques do not come again.</summary>
    public bool Take(ulong unique) => _known.Remove(unique);
}
