namespace KafkaFs.Fuse.Abi;

/// <summary>The filesystem's name for an open file or directory (`fh`); 0 is an ordinary value.</summary>
public readonly record struct HandleId(ulong Value);
