using System.Reflection;

namespace KafkaFs.Posix.Suite.Running;

/// <summary>A named rule of a system call.</summary>
internal sealed record Rule(string Syscall, string Name, Action<Case> Body)
{
    public string Path => $"{Syscall}/{Name}";

    /// <summary>All of this program, in order of their files' names.</summary>
    public static IReadOnlyList<Rule> All { get; } =
    [
        .. from type in typeof(Rule).Assembly.GetTypes()
           let syscall = type.GetCustomAttribute<SyscallAttribute>()
           where syscall is not null
           orderby syscall.Name
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
           select new Rule(syscall.Name, method.Name, method.CreateDelegate<Action<Case>>()),
    ];

    /// <summary>Whether it is meant by SYSCALL or SYSCALL/RULE.</summary>
    public bool Is(string? only) => only is null || only == Syscall || only == Path;
}
