using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>What a worker does next, by chance: each an operation of one or a few system calls. One thread.</summary>
internal sealed class Operations(ExpectedTree expected, SharedAnswers shared, Random random)
{
    private const int MaxFiles = 40;
    private const int MaxDirectories = 8;
    private const int MaxFileBytes = 300_000;
    private const uint Exchange = 2;
    private static readonly Action s_nothing = () => { };

    private int _number;

    /// <summary>The calls of the next operation. They run one after the other on <paramref name="root"/> and <paramref name="file"/>.</summary>
    public IEnumerable<Step> Next(SafeFd root, MountFile file)
    {
        List<ExpectedPlace> files = expected.Files(), directories = expected.Directories();
        int chance = random.Next(100);
        return files.Count < 3 || chance < 20 && files.Count < MaxFiles ? Create(root, file, Pick(directories))
            : chance < 36 ? Overwrite(root, file, Pick(files))
            : chance < 44 ? Append(root, file, Pick(files))
            : chance < 54 ? AppendToShared(root, file)
            : chance < 57 ? Race(root)
            : chance < 65 ? Rename(root, Pick(files), Pick(directories), Pick(files))
            : chance < 67 ? ExchangeNames(root, Pick(files), Pick(files))
            : chance < 73 ? Link(root, Pick(files), Pick(directories))
            : chance < 80 ? Unlink(root, Pick(files))
            : chance < 86 ? ChangeMode(root, file, random.Next(3) > 0 ? Pick(files) : Inner(directories) ?? Pick(files))
            : chance < 91 ? ChangeNote(root, file, Pick(files))
            : chance < 94 ? Truncate(root, file, Pick(files))
            : chance < 97 && directories.Count < MaxDirectories ? MakeDirectory(root, directories[random.Next(2)])
            : Inner(directories) is not ExpectedPlace inner ? MakeDirectory(root, directories[random.Next(2)])
            : random.Next(2) == 0 ? RenameDirectory(root, inner, directories[random.Next(2)])
            : RemoveDirectory(root, inner);
    }

    private T Pick<T>(List<T> places) => places[random.Next(places.Count)];

    private ExpectedPlace? Inner(List<ExpectedPlace> directories) => directories.Count > 2 ? directories[random.Next(2, directories.Count)] : null;

    private string NewName() => $"{expected.Worker}-{_number++}";

    private byte[] NewBytes()
    {
        byte[] data = new byte[random.Next(50) == 0 ? random.Next(150_000) : random.Next(1, 4_000)];
        random.NextBytes(data);
        return data;
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path);

    private IEnumerable<Step> Create(SafeFd root, MountFile file, ExpectedPlace directory)
    {
        (string name, ExpectedObject made) = (NewName(), ExpectedObject.File(0x180));
        string path = $"{directory.Path}/{name}";
        yield return new Step($"create {path}", () => file.Open(root, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive), () => directory.Object.Place(name, made));
        foreach (Step step in Write(file, path, made, 0))
        {
            yield return step;
        }
    }

    private IEnumerable<Step> Overwrite(SafeFd root, MountFile file, ExpectedPlace place)
    {
        yield return new Step($"open {place.Path}", () => file.Open(root, place.Path, OpenFlags.WriteOnly), s_nothing);
        foreach (Step step in Write(file, place.Path, place.Object, random.Next(Math.Min(place.Object.Content.Length + 5_000, MaxFileBytes))))
        {
            yield return step;
        }
    }

    // A few writes one after the other, then fsync and close, or close alone.
    private IEnumerable<Step> Write(MountFile file, string path, ExpectedObject written, int offset)
    {
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            (byte[] data, int at) = (NewBytes(), offset);
            yield return Step.Write($"write {data.Length} at {at} of {path}", () => DescriptorCalls.WriteAll(file.Fd, data, (ulong)at), written, at, data);
            offset += data.Length;
        }

        if (random.Next(2) == 0)
        {
            yield return new Step($"fsync {path}", () => DescriptorCalls.Sync(file.Fd), s_nothing);
        }

        yield return new Step($"close {path}", file.Close, s_nothing);
    }

    private IEnumerable<Step> Append(SafeFd root, MountFile file, ExpectedPlace place)
    {
        byte[] line = Bytes($"{NewName()} {new string('x', random.Next(100))}\n");
        yield return new Step($"open {place.Path}", () => file.Open(root, place.Path, OpenFlags.WriteOnly | OpenFlags.Append), s_nothing);
        yield return Step.Write($"append {line.Length} to {place.Path}", () => DescriptorCalls.WriteAll(file.Fd, line, 0), place.Object, place.Object.Content.Length, line);
        yield return new Step($"fsync {place.Path}", () => DescriptorCalls.Sync(file.Fd), s_nothing);
        yield return new Step($"close {place.Path}", file.Close, s_nothing);
    }

    private IEnumerable<Step> AppendToShared(SafeFd root, MountFile file)
    {
        // Of a size that no page cuts: half a line would spoil the next worker's.
        string line = NewName().PadRight(63, '.');
        shared.Trying(line);
        yield return new Step("open the shared log", () => file.Open(root, SharedAnswers.LogPath, OpenFlags.WriteOnly | OpenFlags.Append), s_nothing);
        yield return new Step("append to the shared log", () => DescriptorCalls.WriteAll(file.Fd, Bytes(line + "\n"), 0), [], IsData: true);
        yield return new Step("fsync the shared log", () => DescriptorCalls.Sync(file.Fd), () => shared.Synced(line));
        yield return new Step("close the shared log", file.Close, s_nothing);
    }

    private IEnumerable<Step> Race(SafeFd root)
    {
        int race = shared.Race;
        yield return new Step(
            $"mkdir {SharedAnswers.RacePath(race)}",
            () =>
            {
                Errno errno = FileCalls.MakeDirectory(root, Bytes(SharedAnswers.RacePath(race)), 0x1c0);
                shared.Raced(race, errno);
                return errno == Errno.EEXIST ? Errno.None : errno;
            },
            s_nothing);
    }

    // Sometimes onto a name that is there.
    private IEnumerable<Step> Rename(SafeFd root, ExpectedPlace from, ExpectedPlace directory, ExpectedPlace victim)
    {
        ExpectedPlace to = random.Next(3) == 0 ? victim : new ExpectedPlace(directory.Object, directory.Path + "/", NewName(), from.Object);
        yield return new Step(
            $"rename {from.Path} {to.Path}",
            () => FileCalls.Rename(root, Bytes(from.Path), root, Bytes(to.Path), 0),
            () =>
            {
                // Two names of one file: rename(2) does nothing.
                if (to.Directory!.Children!.GetValueOrDefault(to.Name) != from.Object)
                {
                    to.Directory.Place(to.Name, from.Object);
                    from.Directory!.Remove(from.Name);
                }
            });
    }

    private static IEnumerable<Step> ExchangeNames(SafeFd root, ExpectedPlace one, ExpectedPlace other)
    {
        yield return new Step(
            $"exchange {one.Path} {other.Path}",
            () => FileCalls.Rename(root, Bytes(one.Path), root, Bytes(other.Path), Exchange),
            () =>
            {
                one.Directory!.Place(one.Name, other.Object);
                other.Directory!.Place(other.Name, one.Object);
            });
    }

    private IEnumerable<Step> Link(SafeFd root, ExpectedPlace from, ExpectedPlace directory)
    {
        string name = NewName();
        yield return new Step($"link {from.Path} {directory.Path}/{name}", () => FileCalls.Link(root, Bytes(from.Path), root, Bytes($"{directory.Path}/{name}")), () => directory.Object.Place(name, from.Object));
    }

    private static IEnumerable<Step> Unlink(SafeFd root, ExpectedPlace place)
    {
        yield return new Step($"unlink {place.Path}", () => FileCalls.Unlink(root, Bytes(place.Path)), () => place.Directory!.Remove(place.Name));
    }

    private IEnumerable<Step> ChangeMode(SafeFd root, MountFile file, ExpectedPlace place)
    {
        uint mode = (uint)random.Next(0x200) | 0x1c0;
        yield return new Step($"open {place.Path}", () => file.Open(root, place.Path, OpenFlags.PathOnly), s_nothing);
        yield return new Step($"chmod {Convert.ToString(mode, 8)} {place.Path}", () => DescriptorCalls.ChangeMode(file.Fd, mode), () => place.Object.Mode = mode);
    }

    private IEnumerable<Step> ChangeNote(SafeFd root, MountFile file, ExpectedPlace place)
    {
        string? note = place.Object.Note is not null && random.Next(3) == 0 ? null : $"note {_number++}";
        yield return new Step($"open {place.Path}", () => file.Open(root, place.Path, OpenFlags.PathOnly), s_nothing);
        yield return new Step(
            $"note '{note}' on {place.Path}",
            () => note is null ? XattrCalls.Remove(file.Fd, "user.note"u8) : XattrCalls.Set(file.Fd, "user.note"u8, Bytes(note)),
            () => place.Object.Note = note);
    }

    private IEnumerable<Step> Truncate(SafeFd root, MountFile file, ExpectedPlace place)
    {
        int size = random.Next(place.Object.Content.Length + 3_000);
        yield return new Step($"open {place.Path}", () => file.Open(root, place.Path, OpenFlags.WriteOnly), s_nothing);
        yield return new Step($"truncate {place.Path} to {size}", () => DescriptorCalls.Truncate(file.Fd, (ulong)size), () => place.Object.Resize(size));
        yield return new Step($"close {place.Path}", file.Close, s_nothing);
    }

    private IEnumerable<Step> MakeDirectory(SafeFd root, ExpectedPlace parent)
    {
        string name = NewName();
        yield return new Step($"mkdir {parent.Path}/{name}", () => FileCalls.MakeDirectory(root, Bytes($"{parent.Path}/{name}"), 0x1c0), () => parent.Object.Place(name, ExpectedObject.Directory(0x1c0)));
    }

    private IEnumerable<Step> RenameDirectory(SafeFd root, ExpectedPlace from, ExpectedPlace parent)
    {
        string name = NewName();
        yield return new Step(
            $"rename {from.Path} {parent.Path}/{name}",
            () => FileCalls.Rename(root, Bytes(from.Path), root, Bytes($"{parent.Path}/{name}"), 0),
            () =>
            {
                from.Directory!.Remove(from.Name);
                parent.Object.Place(name, from.Object);
            });
    }

    private static IEnumerable<Step> RemoveDirectory(SafeFd root, ExpectedPlace place)
    {
        bool isEmpty = place.Object.Children!.Count == 0;
        yield return new Step(
            $"rmdir {place.Path}",
            () => FileCalls.RemoveDirectory(root, Bytes(place.Path)),
            () =>
            {
                if (isEmpty)
                {
                    place.Directory!.Remove(place.Name);
                }
            },
            isEmpty ? Errno.None : Errno.ENOTEMPTY);
    }
}
