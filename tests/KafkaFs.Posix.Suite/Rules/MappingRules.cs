using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>mmap(2), msync(2). Nothing is touched beyond the page of the file's end, where SIGBUS is.</summary>
[Syscall("mmap")]
internal static unsafe class MappingRules
{
    private const int Page = 4096;

    public static void AMappingShowsTheFile(Case t)
    {
        byte[] content = ContentRules.Pattern(10_000);
        t.File("f", 644, Text(content));
        long fd = t.Open("f", O_RDONLY);
        long address = Mmap(10_000, PROT_READ, MAP_SHARED, fd, 0), second = Mmap(Page, PROT_READ, MAP_PRIVATE, fd, Page);
        t.Ok(address);
        t.Ok(second);
        t.True(Mapped(address, 10_000).SequenceEqual(content));
        t.True(Mapped(second, Page).SequenceEqual(content.AsSpan(Page, Page)));
        t.True(Mapped(address + 10_000, 3 * Page - 10_000).IndexOfAnyExcept((byte)0) < 0);
        t.Is(0, Munmap(address, 10_000));
        t.Is(0, Munmap(second, Page));
        t.Is(EINVAL, Mmap(Page, PROT_READ, MAP_SHARED, fd, 100));
        t.Is(EINVAL, Mmap(0, PROT_READ, MAP_SHARED, fd, 0));
    }

    public static void ASharedMappingIsTheFile(Case t)
    {
        t.File("f", 644, new string('a', 3 * Page));
        long fd = t.Open("f", O_RDWR);
        long address = Mmap(3 * Page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        t.Ok(address);
        Mapped(address + 10, 5).Fill((byte)'b');
        Mapped(address + 2 * Page, Page).Fill((byte)'c');
        t.Equal("abbbbba", Pread(fd, 7, 9));
        t.Is(3, Pwrite(fd, "xyz", 100));
        t.Equal("axyza", Text(Mapped(address + 99, 5)));
        t.Is(0, Msync(address, 3 * Page, MS_SYNC));
        t.Is(0, Munmap(address, 3 * Page));
        t.Is(0, Fsync(fd));
        t.Close(fd);
        t.Equal("abbbbba", t.Content("f")[9..16]);
        t.Equal(new string('c', Page), t.Content("f")[(2 * Page)..]);
        t.Is(3 * Page, t.Stat("f").Size);
    }

    public static void AMappingOutlivesItsDescriptorAndItsName(Case t)
    {
        t.File("f", 644, new string('a', Page));
        Link("f", "g");
        long fd = t.Open("f", O_RDWR);
        long address = Mmap(Page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        t.Close(fd);
        t.Is(0, Unlink("f"));
        Mapped(address, 3).Fill((byte)'b');
        t.Is(0, Msync(address, Page, MS_SYNC));
        t.Equal("bbba", t.Content("g")[..4]);
        t.Is(0, Unlink("g"));
        Mapped(address, 3).Fill((byte)'c');
        t.Is(0, Msync(address, Page, MS_SYNC));
        t.Equal("ccca", Text(Mapped(address, 4)));
        t.Is(0, Munmap(address, Page));
    }

    public static void APrivateMappingChangesNothing(Case t)
    {
        t.File("f", 444, new string('a', Page));
        long fd = t.Open("f", O_RDONLY);
        long address = Mmap(Page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        t.Ok(address);
        Mapped(address, 10).Fill((byte)'b');
        t.Is(0, Msync(address, Page, MS_SYNC));
        t.Equal("bbb", Text(Mapped(address, 3)));
        t.Is(0, Munmap(address, Page));
        t.Equal(new string('a', Page), t.Content("f"));
    }

    public static void TruncatingZerosTheRestOfThePage(Case t)
    {
        t.File("f", 644, new string('a', 2 * Page));
        long fd = t.Open("f", O_RDWR);
        long address = Mmap(2 * Page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        t.Equal("aaa", Text(Mapped(address + Page, 3)));
        t.Is(0, Ftruncate(fd, Page + 10));
        t.True(Mapped(address + Page + 10, Page - 10).IndexOfAnyExcept((byte)0) < 0);
        t.Is(0, Ftruncate(fd, 2 * Page));
        t.True(Mapped(address + Page + 10, Page - 10).IndexOfAnyExcept((byte)0) < 0);
        t.Is(0, Ftruncate(fd, Page + 10));
        Mapped(address + Page + 10, 5).Fill((byte)'z');
        t.Is(0, Msync(address, 2 * Page, MS_SYNC));
        t.Is(Page + 10, t.Stat("f").Size);
        t.Equal(new string('a', Page + 10), t.Content("f"));
        t.Is(0, Munmap(address, 2 * Page));
    }

    public static void WritingToAMappingChangesTimes(Case t)
    {
        t.File("f", 644, new string('a', Page));
        long fd = t.Open("f", O_RDWR);
        Int128 mtime = t.Fstat(fd).Mtime;
        Case.Tick();
        long address = Mmap(Page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        Mapped(address, 3).Fill((byte)'b');
        t.Is(0, Msync(address, Page, MS_SYNC));
        t.Is(0, Munmap(address, Page));
        t.Is(0, Fsync(fd));
        if (t.Has(Difference.MappedTimes))
        {
            t.True(t.Fstat(fd).Mtime > mtime);
            t.True(t.Fstat(fd).Ctime > mtime);
        }
    }

    private static Span<byte> Mapped(long address, int length) => new((void*)address, length);
}
