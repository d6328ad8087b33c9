namespace KafkaFs.Fuse.Session;

/// <summary>The bytes of a request are not what its opcode says; it is answered EINVAL.</summary>
internal sealed class MalformedRequestException : Exception;
