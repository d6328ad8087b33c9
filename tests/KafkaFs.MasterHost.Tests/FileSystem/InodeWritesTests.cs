using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

public sealed class InodeWritesTests
{
    // Writes end in the order of the log, but for those that are given up.
    [Fact]
    public void WhatIsPendingIsKnownInWhateverOrderItEnds()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        EarlyWrites table = new(1 << 20);
        InodeWrites inode = new(new FileId(7));
        List<EarlyWrite> pending = [];
        for (int step = 0; step < 20_000; step++)
        {
            int choice = random.Next(100);
            if (choice < 45)
            {
                EarlyWrite write = new(table, inode, 4_096, static (in Change _, KafkaFs.Replica.Namespace.Effects _) => Errno.None)
                {
                    Flags = ChangeFlags.None,
                    Offset = 0,
                    Length = 1,
                    BeforeNumber = 0,
                    End = (ulong)random.Next(1, 50),
                };
                inode.Add(write);
                pending.Add(write);
            }
            else if (choice < 55 && pending.Count > 0)
            {
                inode.Raise(pending[^1], pending[^1].End + (ulong)random.Next(5));
            }
            else if (pending.Count > 0)
            {
                int index = choice < 95 ? 0 : random.Next(pending.Count);
                inode.Remove(pending[index]);
                pending.RemoveAt(index);
            }

            Assert.True(inode.PendingEnd == pending.Select(static write => write.End).DefaultIfEmpty(0UL).Max(), $"seed {seed}, step {step}");
            // Who waits for a write is not let go by a later one that was given up.
            Assert.True(inode.EndedThrough == (pending.Count > 0 ? pending[0].Number - 1 : inode.Begun), $"seed {seed}, step {step}");
            Assert.True(inode.IsPending == pending.Count > 0 && inode.Pending.SequenceEqual(pending), $"seed {seed}, step {step}");
        }
    }
}
