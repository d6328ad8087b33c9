using System.Runtime.InteropServices;

namespace KafkaFs.Differential.Native;

/// <summary>struct iovec of readv(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Base;
    public nint Length;
}
