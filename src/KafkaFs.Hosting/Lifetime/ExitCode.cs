namespace KafkaFs.Hosting.Lifetime;

/// <summary>What a kafkafs process ends with. A number keeps its meaning for ever; docs/operations.md has the same list.</summary>
public static class ExitCode
{
    /// <summary>A clean stop.</summary>
    public const int Success = 0;

    /// <summary>`compare`: the trees differ. `demo`: likewise. `status`: a host is not ready, or does not answer.</summary>
    public const int Different = 1;

    /// <summary>`compare`: a tree could not be read, so nothing is known.</summary>
    public const int NotCompared = 2;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>The journal gives no answer; starting again later is right. `status`, `top`: no host runs.</summary>
    public const int JournalUnavailable = 69;

    /// <summary>A mistake of ours: the log has a stack trace.</summary>
    public const int Internal = 70;

    /// <summary>No /dev/fuse, or no right to mount.</summary>
    public const int FuseUnavailable = 71;

    /// <summary>The mountpoint is missing, not empty, or mounted already. `cleanup`: something that lives is mounted there.</summary>
    public const int MountpointUnusable = 72;

    /// <summary>The data root is in use, not a replica, cannot be used, or holds less than the filesystem's limits; its disk is full or fails.</summary>
    public const int DataRootUnusable = 73;

    /// <summary>The checkpoint in the data root cannot be read, or is of a newer format.</summary>
    public const int CheckpointUnusable = 74;

    /// <summary>Another run of this master, or an operator, has closed the session.</summary>
    public const int SessionClosed = 75;

    /// <summary>The journal is not the one that this replica follows, or is damaged; nothing ends this but an operator.</summary>
    public const int JournalRefused = 76;

    /// <summary>The mount's connection was aborted from outside (umount -f, a timeout of the kernel); starting again is right.</summary>
    public const int MountAborted = 77;

    /// <summary>Settings are missing, unknown, out of range or contradict each other.</summary>
    public const int Configuration = 78;

    /// <summary>The brokers refuse this user or lack a right for it, or their certificate is not trusted; nothing ends this but an operator.</summary>
    public const int JournalForbidden = 79;

    /// <summary>A master's session has made all inodes that it has numbers for; starting again, which opens another session, is right.</summary>
    public const int SessionExhausted = 80;

    /// <summary>A command for people was ended by SIGHUP: its terminal is gone.</summary>
    public const int HungUp = 129;

    /// <summary>A command for people was ended by SIGINT (Ctrl-C), as shells say it; a host ends with 0 then.</summary>
    public const int Interrupted = 130;

    /// <summary>A command for people was ended by SIGTERM.</summary>
    public const int Terminated = 143;
}
