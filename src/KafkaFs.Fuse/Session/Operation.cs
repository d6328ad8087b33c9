using KafkaFs.Fuse.Abi;

namespace KafkaFs.Fuse.Session;

/// <summary>A row of the table of operations.</summary>
/// <param name="Opcode">The kernel's number.</param>
/// <param name="MinBodyBytes">Fewer bytes after the header are malformed.</param>
/// <param name="HasReply">The kernel waits for an answer.</param>
/// <param name="Dispatch">Reads the arguments and calls the filesystem.</param>
internal sealed record Operation(FuseOpcode Opcode, int MinBodyBytes, bool HasReply, Action<FuseFileSystem, FuseRequest> Dispatch);
