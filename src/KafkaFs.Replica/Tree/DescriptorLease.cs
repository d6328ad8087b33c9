using KafkaFs.Posix;

namespace KafkaFs.Replica.Tree;

/// <summary>A descriptor of the cache, kept open until disposed, also if it is evicted meanwhile.</summary>
internal readonly ref struct DescriptorLease
{
    private readonly bool _held;

    public DescriptorLease(SafeFd fd)
    {
        bool held = false;
        fd.DangerousAddRef(ref held);
        (Fd, _held) = (fd, held);
    }

    public SafeFd Fd { get; }

    public void Dispose()
    {
        if (_held)
        {
            Fd.DangerousRelease();
        }
    }
}
