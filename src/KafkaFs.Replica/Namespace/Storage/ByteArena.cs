using System.Runtime.InteropServices;

namespace KafkaFs.Replica.Namespace.Storage;

/// <summary>
/// Short byte strings (names, targets, values, identities) in large chunks, freed ones used again by size. A block is known by a
/// number that is never 0; its length is kept by the owner. Not thread-safe.
/// </summary>
internal sealed class ByteArena
{
    private const int UnitBits = 4;
    private const int UnitBytes = 1 << UnitBits;
    private const int ChunkUnitBits = 13;
    private const int ChunkUnits = 1 << ChunkUnitBits;

    private readonly List<byte[]> _chunks = [];
    private readonly int[] _free = new int[ChunkUnits + 1];
    private int _next = ChunkUnits;

    /// <summary>Longest string, bytes.</summary>
    public const int MaxBytes = ChunkUnits * UnitBytes;

    /// <summary>Copies <paramref name="bytes"/> in; 0 for none.</summary>
    public int Store(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return 0;
        }

        int block = Take(UnitsOf(bytes.Length));
        bytes.CopyTo(Span(block, bytes.Length));
        return block + 1;
    }

    public ReadOnlySpan<byte> Get(int block, int length) => block == 0 ? default : Span(block - 1, length);

    public void Free(int block, int length)
    {
        if (block != 0)
        {
            int units = UnitsOf(length);
            MemoryMarshal.Write(Span(block - 1, sizeof(int)), _free[units]);
            _free[units] = block;
        }
    }

    private static int UnitsOf(int bytes) => (bytes + UnitBytes - 1) >> UnitBits;

    private int Take(int units)
    {
        ref int free = ref _free[units];
        if (free != 0)
        {
            int block = free - 1;
            free = MemoryMarshal.Read<int>(Span(block, sizeof(int)));
            return block;
        }

        if (_next + units > ChunkUnits)
        {
            _chunks.Add(GC.AllocateUninitializedArray<byte>(ChunkUnits * UnitBytes));
            _next = 0;
        }

        int taken = ((_chunks.Count - 1) << ChunkUnitBits) | _next;
        _next += units;
        return taken;
    }

    private Span<byte> Span(int block, int length) =>
        _chunks[block >> ChunkUnitBits].AsSpan((block & (ChunkUnits - 1)) << UnitBits, length);
}
