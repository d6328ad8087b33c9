namespace KafkaFs.Posix.Suite.Running;

/// <summary>Marks a class whose public static methods are the rules of a system call, or of a small group of them.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SyscallAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
