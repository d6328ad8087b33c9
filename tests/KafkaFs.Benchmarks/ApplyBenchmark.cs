using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Benchmarks;

/// <summary>Records applied by a replica against the same *at calls made by a program, on one filesystem.</summary>
internal static class ApplyBenchmark
{
    private const int Files = 20_000;
    private const int Blocks = 1_000;
    private const int BlockBytes = 128 * 1024;
    private const int Rounds = 5;

    public static void Run(string folder)
    {
        List<double> names = [], nativeNames = [], writes = [], nativeWrites = [];
        for (int round = 0; round < Rounds; round++)
        {
            string place = Path.Combine(folder, $"kafkafs-bench-{Guid.NewGuid():N}");
            Directory.CreateDirectory(place);
            try
            {
                names.Add(Apply(Path.Combine(place, "names"), Names));
                nativeNames.Add(Native(Path.Combine(place, "native-names"), NativeNames));
                writes.Add(Apply(Path.Combine(place, "writes"), Writes));
                nativeWrites.Add(Native(Path.Combine(place, "native-writes"), NativeWrites));
            }
            finally
            {
                Directory.Delete(place, recursive: true);
            }
        }

        Timing.Header("apply");
        Timing.Print($"{8 * Files:N0} metadata records", Timing.Median(names), Timing.Median(nativeNames));
        Timing.Print($"{Blocks:N0} writes of 128 KiB", Timing.Median(writes), Timing.Median(nativeWrites));
    }

    private static double Apply(string root, Func<RecordWriter, List<byte[]>> write)
    {
        VolatileJournal journal = new();
        RecordWriter writer = new(Guid.NewGuid(), Guid.NewGuid());
        journal.Land(writer.FilesystemCreated());
        journal.Land(writer.SessionStarted());
        ReplicaOptions options = new() { DataRoot = root };
        using LocalReplica replica = LocalReplica.Open(options, journal, NullLogger.Instance, TimeProvider.System, default);
        using CancellationTokenSource stop = new();
        Thread follow = new(() => replica.Follow(stop.Token));
        follow.Start();
        UntilApplied(replica, journal);
        List<byte[]> records = write(writer);
        double seconds = Timing.Measure(() =>
        {
            records.ForEach(record => journal.Land(record));
            UntilApplied(replica, journal);
        });
        stop.Cancel();
        follow.Join();
        return seconds;
    }

    private static void UntilApplied(LocalReplica replica, VolatileJournal journal)
    {
        long end = journal.QueryBounds(0, default).Next;
        while (replica.Applier.NextOffset < end)
        {
            replica.Applier.ThrowIfFailed();
            Thread.Sleep(1);
        }
    }

    private static double Native(string folder, Action<SafeFd> work)
    {
        Directory.CreateDirectory(folder);
        Check(FileCalls.Open(null, Encoding.UTF8.GetBytes(folder), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd directory));
        using (directory)
        {
            return Timing.Measure(() => work(directory));
        }
    }

    private static List<byte[]> Names(RecordWriter writer)
    {
        List<byte[]> records = [];
        for (int index = 0; index < Files; index++)
        {
            (byte[] name, byte[] moved, byte[] link, byte[] below) = (Name("f", index), Name("m", index), Name("l", index), Name("d", index));
            FileId file = writer.Next();
            Change create = new() { Kind = ChangeKind.Create, Inode = file, Parent = FileId.Root, Name = name, Mode = 0x1a4 };
            Change chmod = new() { Kind = ChangeKind.SetAttr, Inode = file, Mode = 0x180, HasMode = true };
            Change xattr = new() { Kind = ChangeKind.SetXattr, Inode = file, Name = "user.note"u8, Data = "hello"u8 };
            Change rename = new() { Kind = ChangeKind.Rename, Parent = FileId.Root, Name = name, NewParent = FileId.Root, NewName = moved };
            Change second = new() { Kind = ChangeKind.Link, Inode = file, Parent = FileId.Root, Name = link };
            Change unlink = new() { Kind = ChangeKind.Unlink, Parent = FileId.Root, Name = link };
            Change mkdir = new() { Kind = ChangeKind.Mkdir, Parent = FileId.Root, Name = below, Mode = 0x1ed };
            Change rmdir = new() { Kind = ChangeKind.Rmdir, Parent = FileId.Root, Name = below };
            records.AddRange([writer.Encode(ref create), writer.Encode(ref chmod), writer.Encode(ref xattr), writer.Encode(ref rename)]);
            mkdir.Inode = writer.Next();
            records.AddRange([writer.Encode(ref second), writer.Encode(ref unlink), writer.Encode(ref mkdir), writer.Encode(ref rmdir)]);
        }

        return records;
    }

    private static void NativeNames(SafeFd directory)
    {
        for (int index = 0; index < Files; index++)
        {
            (byte[] name, byte[] moved, byte[] link, byte[] below) = (Name("f", index), Name("m", index), Name("l", index), Name("d", index));
            Check(FileCalls.Open(directory, name, OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.ReadWrite, 0x1a4, out SafeFd file));
            using (file)
            {
                Check(DescriptorCalls.ChangeMode(file, 0x180));
                Check(XattrCalls.Set(file, "user.note"u8, "hello"u8));
                Check(FileCalls.Rename(directory, name, directory, moved, 0));
                Check(FileCalls.Link(directory, moved, directory, link));
                Check(FileCalls.Unlink(directory, link));
                Check(FileCalls.MakeDirectory(directory, below, 0x1ed));
                Check(FileCalls.RemoveDirectory(directory, below));
            }
        }
    }

    private static List<byte[]> Writes(RecordWriter writer)
    {
        byte[] block = new byte[BlockBytes];
        Random.Shared.NextBytes(block);
        List<byte[]> records = [writer.Create("big")];
        for (int index = 0; index < Blocks; index++)
        {
            Change write = new() { Kind = ChangeKind.Write, Inode = writer.Last, Offset = (ulong)index * BlockBytes, Data = block };
            records.Add(writer.Encode(ref write));
        }

        return records;
    }

    private static void NativeWrites(SafeFd directory)
    {
        byte[] block = new byte[BlockBytes];
        Random.Shared.NextBytes(block);
        Check(FileCalls.Open(directory, "big"u8, OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.ReadWrite, 0x1a4, out SafeFd file));
        using (file)
        {
            for (int index = 0; index < Blocks; index++)
            {
                Check(DescriptorCalls.WriteAll(file, block, (ulong)index * BlockBytes));
            }
        }
    }

    private static byte[] Name(string prefix, int index) => Encoding.UTF8.GetBytes($"{prefix}{index}");

    private static void Check(Errno errno)
    {
        if (errno != Errno.None)
        {
            throw new IOException($"a native call failed: {errno}");
        }
    }
}
