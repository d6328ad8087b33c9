namespace KafkaFs.Fuse.Protocol;

/// <summary>The answer to statfs(2); sizes in blocks of <see cref="BlockSize"/> bytes.</summary>
public readonly record struct FuseStatFs(
    ulong Blocks, ulong BlocksFree, ulong BlocksAvailable, ulong Files, ulong FilesFree, uint BlockSize, uint NameLength);
