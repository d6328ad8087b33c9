using System.Collections.Concurrent;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;

namespace KafkaFs.Fuse.Tests;

/// <summary>A kernel made of byte strings.</summary>
internal sealed class FakeChannel : IFuseChannel
{
    private readonly BlockingCollection<byte[]> _requests = [];

    public ConcurrentQueue<byte[]> Replies { get; } = new();

    /// <summary>Called before each reply is there.</summary>
    public Action? OnWrite { get; set; }

    public void Add(byte[] request) => _requests.Add(request);

    public Errno Read(Span<byte> buffer, out int length)
    {
        length = 0;
        if (!_requests.TryTake(out byte[]? request))
        {
            return Errno.ENODEV;
        }

        request.CopyTo(buffer);
        length = request.Length;
        return Errno.None;
    }

    public Errno Write(ReadOnlySpan<byte> message)
    {
        OnWrite?.Invoke();
        Replies.Enqueue(message.ToArray());
        return Errno.None;
    }
}
