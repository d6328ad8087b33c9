namespace KafkaFs.Posix.Files;

/// <summary>Keeps a descriptor open for the length of a system call.</summary>
internal readonly ref struct DescriptorScope
{
    private readonly SafeFd _fd;
    private readonly bool _held;

    public DescriptorScope(SafeFd fd)
    {
        _fd = fd;
        bool held = false;
        fd.DangerousAddRef(ref held);
        _held = held;
        Descriptor = (int)fd.DangerousGetHandle();
    }

    public int Descriptor { get; }

    public void Dispose()
    {
        if (_held)
        {
            _fd.DangerousRelease();
        }
    }
}

/// <summary>The same for the directory of an *at call, where null means the current directory (absolute names).</summary>
internal readonly ref struct DirectoryScope
{
    private readonly SafeFd? _fd;
    private readonly bool _held;

    public DirectoryScope(SafeFd? fd)
    {
        _fd = fd;
        bool held = false;
        fd?.DangerousAddRef(ref held);
        _held = held;
        Descriptor = fd is null ? FileCalls.CurrentDirectory : (int)fd.DangerousGetHandle();
    }

    public int Descriptor { get; }

    public void Dispose()
    {
        if (_held)
        {
            _fd!.DangerousRelease();
        }
    }
}
