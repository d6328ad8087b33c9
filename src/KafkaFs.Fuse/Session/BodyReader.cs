using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KafkaFs.Fuse.Session;

/// <summary>Takes arguments from the front of a request's body; what is not there is malformed.</summary>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public T Take<T>()
        where T : unmanaged
    {
        if (_rest.Length < Unsafe.SizeOf<T>())
        {
            throw new MalformedRequestException();
        }

        T value = MemoryMarshal.Read<T>(_rest);
        _rest = _rest[Unsafe.SizeOf<T>()..];
        return value;
    }

    /// <summary>Bytes up to a NUL, which must be there.</summary>
    public ReadOnlySpan<byte> TakeName()
    {
        int end = _rest.IndexOf((byte)0);
        if (end < 0)
        {
            throw new MalformedRequestException();
        }

        ReadOnlySpan<byte> name = _rest[..end];
        _rest = _rest[(end + 1)..];
        return name;
    }

    public ReadOnlySpan<byte> TakeBytes(uint count)
    {
        if (count > (uint)_rest.Length)
        {
            throw new MalformedRequestException();
        }

        ReadOnlySpan<byte> bytes = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return bytes;
    }

    public void Skip(int count) => TakeBytes((uint)count);
}
