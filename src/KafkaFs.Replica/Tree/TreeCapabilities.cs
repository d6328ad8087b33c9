using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>What a tree with full ownership needs of the machine, asked at the start: else the first device or owner would stall it later.</summary>
internal static class TreeCapabilities
{
    private static readonly (int Bit, string Name)[] s_needed =
    [
        (0, "CAP_CHOWN"),
        (1, "CAP_DAC_OVERRIDE"),
        (2, "CAP_DAC_READ_SEARCH"), // open_by_handle_at(2)
        (3, "CAP_FOWNER"),
        (4, "CAP_FSETID"),          // chmod(2) keeps sgid of a group that is not ours
        (21, "CAP_SYS_ADMIN"),      // trusted.*
        (27, "CAP_MKNOD"),
        (31, "CAP_SETFCAP"),        // security.capability
    ];

    /// <summary>What this process lacks, by name; empty if nothing.</summary>
    public static IReadOnlyList<string> Missing() =>
        ProcessCalls.IsRoot ? Missing(ProcessCalls.EffectiveCapabilities, ProcessCalls.IsInUserNamespace) : ["root"];

    public static IReadOnlyList<string> Missing(ulong effective, bool isInUserNamespace)
    {
        IEnumerable<string> missing = s_needed.Where(needed => (effective & (1ul << needed.Bit)) == 0).Select(needed => needed.Name);
        return [.. isInUserNamespace ? missing.Append("the machine's own user namespace") : missing];
    }
}
