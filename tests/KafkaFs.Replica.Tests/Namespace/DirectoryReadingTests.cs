using System.Globalization;
using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Replica.Tests.Namespace;

public sealed class DirectoryReadingTests
{
    private readonly TestLog _log = TestLog.WithSessions();

    [Fact]
    public void EntriesComeInTheOrderOfTheirCookiesEachOnce()
    {
        Fill(3_000);
        Assert.Equal(Enumerable.Range(0, 3_000).Select(index => $"f{index}"), ReadAll());
    }

    [Fact]
    public void ReadingGoesOnAfterACookieWithoutAHint()
    {
        Fill(10);
        DirectoryCursor cursor = new(FileId.Root, 0);
        for (int index = 0; index < 4; index++)
        {
            Assert.True(_log.State.TryReadEntry(ref cursor, out _));
        }

        DirectoryCursor anew = new(FileId.Root, cursor.Cookie);
        Assert.True(_log.State.TryReadEntry(ref anew, out DirectoryEntry entry));
        Assert.Equal("f4", Encoding.UTF8.GetString(entry.Name));
    }

    [Fact]
    public void WhatStaysIsSeenOnceWhateverElseComesAndGoes()
    {
        Fill(100);
        long last = _log.State.LastCookie;
        List<string> seen = [];
        DirectoryCursor cursor = new(FileId.Root, 0);
        int step = 0;
        while (_log.State.TryReadEntry(ref cursor, out DirectoryEntry entry) && entry.Cookie <= last)
        {
            seen.Add(Encoding.UTF8.GetString(entry.Name));
            // The entry just read goes, its slot is used again, others are renamed to the end: reading must still end.
            string name = seen[^1];
            if (step % 3 == 0)
            {
                _log.Remove(ChangeKind.Unlink, FileId.Root, name);
                _log.Make(ChangeKind.Create, FileId.Root, $"new{step}");
            }
            else if (step % 3 == 1)
            {
                _log.Rename(FileId.Root, name, FileId.Root, $"renamed{step}");
            }

            step++;
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(index => $"f{index}"), seen);
    }

    private void Fill(int count)
    {
        for (int index = 0; index < count; index++)
        {
            _log.Make(ChangeKind.Create, FileId.Root, "f" + index.ToString(CultureInfo.InvariantCulture));
        }
    }

    private List<string> ReadAll()
    {
        List<string> names = [];
        DirectoryCursor cursor = new(FileId.Root, 0);
        while (_log.State.TryReadEntry(ref cursor, out DirectoryEntry entry))
        {
            names.Add(Encoding.UTF8.GetString(entry.Name));
        }

        return names;
    }
}
