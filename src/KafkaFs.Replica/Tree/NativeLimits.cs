namespace KafkaFs.Replica.Tree;

/// <summary>Limits of the kernel (linux/limits.h).</summary>
internal static class NativeLimits
{
    /// <summary>PATH_MAX.</summary>
    public const int PathBytes = 4_096;

    /// <summary>XATTR_LIST_MAX.</summary>
    public const int XattrListBytes = 65_536;

    /// <summary>NAME_MAX.</summary>
    public const int NameBytes = 255;
}
