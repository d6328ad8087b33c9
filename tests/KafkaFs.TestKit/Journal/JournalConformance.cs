using System.Diagnostics;
using KafkaFs.Journal.Contract;
using Xunit;

namespace KafkaFs.TestKit.Journal;

/// <summary>The contract of a journal as tests: every provider passes them.</summary>
public abstract class JournalConformance
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(20);

    /// <summary>A provider for a journal that does not exist yet, the same for each call within a test.</summary>
    protected abstract IJournalProvider Provider { get; }

    /// <summary>A provider for another journal that does not exist yet.</summary>
    protected abstract IJournalProvider OtherProvider();

    /// <summary>librdkafka's mock reports a made-up time.</summary>
    protected virtual bool ReportsAppendTime => true;

    [Fact]
    public async Task AMissingJournalIsRefusedUnlessItMayBeCreated()
    {
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(false, default));
        Assert.Equal(JournalRefusal.Missing, refused.Refusal);
        using IJournal created = await Provider.OpenAsync(true, default);
        using IJournal opened = await Provider.OpenAsync(false, default);
        Assert.Equal(created.Identity, opened.Identity);
        Assert.Equal(1, opened.PartitionCount);
        Assert.Equal(new JournalBounds(0, 0), opened.QueryBounds(0, default));
    }

    [Fact]
    public async Task IdentityTellsJournalsApart()
    {
        using IJournal one = await Provider.OpenAsync(true, default);
        using IJournal other = await OtherProvider().OpenAsync(true, default);
        Assert.NotEqual(one.Identity, other.Identity);
    }

    [Fact]
    public async Task RecordsComeBackAsTheyWereInTheOrderOfHandover()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        byte[][] records = [[1], Bytes(1_024), Bytes(128 * 1_024), Bytes(700_000), [2, 3]];
        IReadOnlyList<(long Ticket, AppendResult Result)> reports = await AppendAsync(journal, records);
        Assert.Equal([0L, 1, 2, 3, 4], reports.Select(report => report.Ticket));
        Assert.All(reports, report => Assert.Equal(AppendStatus.Placed, report.Result.Status));
        Assert.Equal([0L, 1, 2, 3, 4], reports.Select(report => report.Result.Offset));
        List<(long Offset, long Time, byte[] Bytes)> read = ReadAll(journal, 0, 5);
        Assert.Equal(records, read.Select(record => record.Bytes));
        if (ReportsAppendTime)
        {
            Assert.Equal(reports.Select(report => report.Result.AppendTimeMs), read.Select(record => record.Time));
        }

        Assert.Equal(new JournalBounds(0, 5), journal.QueryBounds(0, default));
    }

    [Fact]
    public async Task AppendTimesAreTheSameForEveryReaderAndNearTheClock()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, [[1], [2], [3]]);
        List<(long Offset, long Time, byte[] Bytes)> first = ReadAll(journal, 0, 3), second = ReadAll(journal, 0, 3);
        Assert.Equal(first.Select(record => record.Time), second.Select(record => record.Time));
        Assert.All(first, record => Assert.InRange(Math.Abs(record.Time - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), 0, 60_000));
    }

    [Fact]
    public async Task AReaderMayStartAnywhereInTheLog()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, [[1], [2], [3]]);
        Assert.Equal([2L], ReadAll(journal, 2, 1).Select(record => record.Offset));
        using IJournalReader atEnd = journal.OpenReader(0, 3);
        Assert.False(atEnd.Read(new JournalBatch(), TimeSpan.FromMilliseconds(200)));
    }

    [Fact]
    public async Task AReaderBehindTheEndIsRefused()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, [[1], [2], [3]]);
        using IJournalReader reader = journal.OpenReader(0, 10);
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() => ReadFor(reader, s_wait));
        Assert.Equal(JournalRefusal.Truncated, refused.Refusal);
    }

    [Fact]
    public async Task AWaitingReaderSeesAnAppendSoon()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        using IJournalReader reader = journal.OpenReader(0, 0);
        RecordingListener listener = new();
        using IJournalAppender appender = journal.OpenAppender(0, listener);

        // The quickest of several, so that only a wake-up that never comes by itself fails, not a busy machine.
        TimeSpan quickest = TimeSpan.MaxValue;
        for (int index = 0; index < 6; index++)
        {
            JournalBatch batch = new();
            Task<long> waiting = Task.Run(() => reader.Read(batch, s_wait) ? Stopwatch.GetTimestamp() : 0);
            await Task.Delay(100);
            long start = Stopwatch.GetTimestamp();
            Assert.True(appender.TryAppend(new byte[] { 1 }, index));
            long end = await waiting;
            Assert.Equal(index, batch[0].Offset);
            quickest = TimeSpan.FromTicks(Math.Min(quickest.Ticks, Stopwatch.GetElapsedTime(start, end).Ticks));
        }

        Assert.InRange(quickest.TotalMilliseconds, 0, 400);
    }

    [Fact]
    public async Task ADisposedReaderOrJournalSaysSo()
    {
        IJournal journal = await Provider.OpenAsync(true, default);
        IJournalReader reader = journal.OpenReader(0, 0);
        Task waiting = Task.Run(() => reader.Read(new JournalBatch(), TimeSpan.FromMinutes(5)));
        await Task.Delay(300);
        reader.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Throws<ObjectDisposedException>(() => reader.Read(new JournalBatch(), TimeSpan.Zero));
        journal.Dispose();
        Assert.Throws<ObjectDisposedException>(() => journal.QueryBounds(0, default));
    }

    [Fact]
    public async Task WakeEndsAWait()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, [[1]]);
        using IJournalReader reader = journal.OpenReader(0, 1);
        Task<bool> waiting = Task.Run(() => reader.Read(new JournalBatch(), TimeSpan.FromMinutes(5)));
        await Task.Delay(300);
        reader.Wake();
        Assert.False(await waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task ABatchKeepsItsLimits()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, [.. Enumerable.Range(0, 20).Select(index => Bytes(1_000, index))]);
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new(maxBytes: 3_500, maxRecords: 100);
        ReadFor(reader, s_wait, batch);
        Assert.InRange(batch.Count, 1, 4);
        JournalBatch small = new(maxBytes: 10, maxRecords: 100);
        ReadFor(reader, s_wait, small);
        Assert.Equal(1, small.Count);
    }

    [Fact]
    public async Task AReleasedReaderGivesNothingAndGoesOnWhereItIsTold()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, Numbered(5));
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new(maxRecords: 2);
        Assert.True(ReadFor(reader, s_wait, batch));
        reader.Release();
        Stopwatch watch = Stopwatch.StartNew();
        Assert.False(reader.Read(batch, s_wait));
        Assert.Equal(0, batch.Count);
        Assert.True(watch.Elapsed < s_wait / 2, "A released reader waits.");
        await AppendAsync(journal, Numbered(5));
        Assert.False(reader.Read(batch, TimeSpan.Zero));
        reader.GoOnAt(2);
        Assert.Equal(2, reader.NextOffset);
        Assert.Equal(Enumerable.Range(2, 8).Select(offset => (long)offset), Offsets(reader, 8));
    }

    // What was fetched ahead is never given at another place.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AReaderJumpsBackAndForthAndGivesExactlyWhatIsThere(bool isReleasedBetween)
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, Numbered(300));
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new(maxRecords: 7);
        Random random = new(17);
        for (int round = 0; round < 40; round++)
        {
            int from = random.Next(299);
            if (isReleasedBetween)
            {
                reader.Release();
            }

            reader.GoOnAt(from);
            Assert.True(ReadFor(reader, s_wait, batch));
            for (int index = 0; index < batch.Count; index++)
            {
                Assert.Equal(from + index, batch[index].Offset);
                Assert.Equal(from + index, BitConverter.ToInt32(batch[index].Bytes));
            }
        }
    }

    [Fact]
    public async Task WhatTheCallerHoldsIsPassedOver()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, Numbered(100));
        using IJournalReader reader = journal.OpenReader(0, 0);
        long held = 60;
        reader.HeldUpTo = () => Volatile.Read(ref held);
        Assert.Equal(Enumerable.Range(60, 40).Select(offset => (long)offset), Offsets(reader, 40));
        Volatile.Write(ref held, 200);
        await AppendAsync(journal, Numbered(100));
        Assert.False(reader.Read(new JournalBatch(), TimeSpan.FromMilliseconds(300)));
        await AppendAsync(journal, Numbered(3));
        Assert.Equal([200, 201, 202], Offsets(reader, 3));
    }

    [Fact]
    public async Task AReaderThatIsMadeAnewGoesOnWhereItWas()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, Numbered(10));
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new(maxRecords: 4);
        Assert.True(ReadFor(reader, s_wait, batch));
        long next = reader.NextOffset;
        reader.Renew();
        Assert.Equal(next, reader.NextOffset);
        Assert.Equal(Enumerable.Range((int)next, 10 - (int)next).Select(offset => (long)offset), Offsets(reader, 10 - (int)next));
        reader.Release();
        reader.Renew();
        Assert.False(reader.Read(batch, TimeSpan.Zero));
        reader.GoOnAt(8);
        Assert.Equal([8, 9], Offsets(reader, 2));
    }

    [Fact]
    public async Task TwoWritersInterleaveInOneOrder()
    {
        using IJournal one = await Provider.OpenAsync(true, default);
        using IJournal other = await Provider.OpenAsync(false, default);
        byte[][] records = [.. Enumerable.Range(0, 200).Select(index => Bytes(50, index))];
        IReadOnlyList<(long Ticket, AppendResult Result)>[] reports =
            await Task.WhenAll(Task.Run(() => AppendAsync(one, records)), Task.Run(() => AppendAsync(other, records)));
        long[] offsets = [.. reports.SelectMany(report => report).Select(report => report.Result.Offset)];
        Assert.Equal(Enumerable.Range(0, 400).Select(index => (long)index), offsets.Order());
        Assert.Equal(
            ReadAll(one, 0, 400).Select(record => Convert.ToHexString(record.Bytes)),
            ReadAll(other, 0, 400).Select(record => Convert.ToHexString(record.Bytes)));
    }

    [Fact]
    public async Task TooLongARecordIsRefusedAndTheOthersAreNot()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        IReadOnlyList<(long Ticket, AppendResult Result)> reports =
            await AppendAsync(journal, [[1], Bytes(journal.MaxRecordBytes + 100_000), [2]]);
        Assert.Equal(AppendStatus.Refused, reports.Single(report => report.Ticket == 1).Result.Status);
        Assert.Equal(2, ReadAll(journal, 0, 2).Count);
    }

    [Fact]
    public async Task ThousandsInFlightAreReportedOnceEachInOrder()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        IReadOnlyList<(long Ticket, AppendResult Result)> reports =
            await AppendAsync(journal, [.. Enumerable.Range(0, 5_000).Select(index => Bytes(100, index))]);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(index => (long)index), reports.Select(report => report.Ticket));
        Assert.Equal(Enumerable.Range(0, 5_000).Select(index => (long)index), reports.Select(report => report.Result.Offset));
    }

    /// <summary>Hands records over, waiting where the window is full, and returns all reports.</summary>
    protected static async Task<IReadOnlyList<(long Ticket, AppendResult Result)>> AppendAsync(IJournal journal, byte[][] records)
    {
        RecordingListener listener = new();
        using IJournalAppender appender = journal.OpenAppender(0, listener);
        for (int index = 0; index < records.Length; index++)
        {
            while (!appender.TryAppend(records[index], index))
            {
                await Task.Delay(1);
            }
        }

        IReadOnlyList<(long Ticket, AppendResult Result)> reports = await listener.WaitAsync(records.Length);
        Assert.Empty(listener.Failures);
        return reports;
    }

    /// <summary>Reads so many records, or fails.</summary>
    protected static List<(long Offset, long Time, byte[] Bytes)> ReadAll(IJournal journal, long from, int count)
    {
        List<(long, long, byte[])> records = [];
        using IJournalReader reader = journal.OpenReader(0, from);
        JournalBatch batch = new();
        while (records.Count < count)
        {
            Assert.True(ReadFor(reader, s_wait, batch), $"{records.Count} of {count} records were read.");
            for (int index = 0; index < batch.Count; index++)
            {
                records.Add((batch[index].Offset, batch[index].AppendTimeMs, batch[index].Bytes.ToArray()));
            }
        }

        return records;
    }

    private static List<long> Offsets(IJournalReader reader, int count)
    {
        List<long> offsets = [];
        JournalBatch batch = new(maxRecords: 16);
        while (offsets.Count < count)
        {
            Assert.True(ReadFor(reader, s_wait, batch), $"{offsets.Count} of {count} records were read.");
            for (int index = 0; index < batch.Count; index++)
            {
                offsets.Add(batch[index].Offset);
            }
        }

        return offsets;
    }

    private static byte[][] Numbered(int count) => [.. Enumerable.Range(0, count).Select(BitConverter.GetBytes)];

    private static bool ReadFor(IJournalReader reader, TimeSpan limit, JournalBatch? batch = null)
    {
        Stopwatch watch = Stopwatch.StartNew();
        batch ??= new JournalBatch();
        while (watch.Elapsed < limit)
        {
            if (reader.Read(batch, TimeSpan.FromMilliseconds(500)))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] Bytes(int length, int seed = 7)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
