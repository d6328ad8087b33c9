namespace KafkaFs.Cli.Compare;

/// <summary>Types of files, S_IFMT >> 12, and their names for people.</summary>
internal static class FileKind
{
    public const int Fifo = 1;
    public const int CharacterDevice = 2;
    public const int Directory = 4;
    public const int BlockDevice = 6;
    public const int Regular = 8;
    public const int Symlink = 10;
    public const int Socket = 12;

    public static string Words(int type) => type switch
    {
        Fifo => "a FIFO",
        CharacterDevice => "a character device",
        Directory => "a directory",
        BlockDevice => "a block device",
        Regular => "a regular file",
        Symlink => "a symlink",
        Socket => "a socket",
        _ => "something unknown",
    };
}
