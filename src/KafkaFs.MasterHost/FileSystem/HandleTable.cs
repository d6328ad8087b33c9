using System.Collections.Concurrent;
using KafkaFs.Fuse.Abi;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>Open files and directories by the number that the kernel has for them. Safe for use from several threads.</summary>
internal sealed class HandleTable<T>
    where T : class
{
    private readonly ConcurrentDictionary<ulong, T> _open = new();
    private ulong _last;

    public int Count => _open.Count;

    public HandleId Add(T handle)
    {
        ulong number = Interlocked.Increment(ref _last);
        _open[number] = handle;
        return new HandleId(number);
    }

    public T? Find(HandleId id) => _open.GetValueOrDefault(id.Value);

    public T? Remove(HandleId id) => _open.TryRemove(id.Value, out T? handle) ? handle : null;
}
