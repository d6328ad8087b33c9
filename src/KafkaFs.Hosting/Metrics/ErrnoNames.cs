using KafkaFs.Posix;

namespace KafkaFs.Hosting.Metrics;

/// <summary>The names of error numbers as labels, made once.</summary>
internal static class ErrnoNames
{
    private static readonly string[] s_names = [.. Enumerable.Range(0, 160).Select(number => ((Errno)number).ToString())];

    public static string Of(Errno errno) => (uint)errno < s_names.Length ? s_names[(int)errno] : "other";
}
