using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests.TwoMasters;

/// <summary>What the kernel's own locks and caches made of a mount that told it too much, or too early.</summary>
public sealed class KernelLockTests : IDisposable
{
    private const int Seconds = 4;

    private readonly Setup _setup;

    public KernelLockTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _setup = Setup.Embedded();
    }

    // A mkdir that waits for its record holds its directory's lock, which an invalidation of a name in there takes: whoever applies must not wait for that.
    [Fact]
    public async Task G6_CreatesElsewhereInADirectoryWhoseMkdirsWaitHoldUpNobody()
    {
        HostUnderTest one = await _setup.Master().ReadyAsync();
        Directory.CreateDirectory(_setup["mnt2"]);
        HostUnderTest other = await _setup.Master("m2", _setup["mnt2"]).ReadyAsync();
        ToolProcess.Shell($"mkdir {_setup.Mount}/d; for i in $(seq 50); do test -d {_setup["mnt2"]}/d && break; sleep 0.1; done");

        // Each also looks at the names that the other makes: the kernel has an entry to invalidate then.
        string made = ToolProcess.Shell(
            $$"""
            make() { # MOUNT NAME OTHERS COMMAND
              cd $1/d; i=0; end=$((SECONDS + {{Seconds}}))
              while [ $SECONDS -lt $end ]; do i=$((i + 1)); $4 $2-$i; test -e $3-$i || true; done
              echo $i
            }
            make {{_setup.Mount}} a x mkdir & make {{_setup.Mount}} b y mkdir & make {{_setup["mnt2"]}} x a touch & make {{_setup["mnt2"]}} y b touch & wait
            """,
            TimeSpan.FromSeconds(30 + Seconds));
        Assert.All(made.Split('\n', StringSplitOptions.RemoveEmptyEntries), count => Assert.True(int.Parse(count) > 20, made));
        await Setup.CaughtUpAsync(one, other);
        ToolProcess.Run(HostUnderTest.Program, ["compare", _setup["m"], _setup["m2"]]);
        Assert.Equal((0, 0), (one.Stop(), other.Stop()));
    }

    // A listing that told the size which is applied made the kernel cut its pages, and the next append begin there.
    [Fact]
    public async Task G2_AnAppendAfterAListingOfAFileWhoseWritesArePendingGoesToItsEnd()
    {
        await _setup.Master().ReadyAsync();
        ToolProcess.Shell($"mkdir {_setup.Mount}/d; touch {_setup.Mount}/d/log");

        // No process may be started meanwhile: its exec would close the file, which waits.
        using Process holder = await HoldJournalAsync();
        FileCalls.Open(null, Encoding.UTF8.GetBytes($"{_setup.Mount}/d/log"), OpenFlags.WriteOnly | OpenFlags.Append, 0, out SafeFd log);
        using (log)
        {
            Assert.Equal(Errno.None, DescriptorCalls.WriteAll(log, "one\n"u8, 0));
            Assert.Single(Directory.GetFiles($"{_setup.Mount}/d"));
            Assert.Equal(Errno.None, DescriptorCalls.WriteAll(log, "two\n"u8, 0));
            // Else nothing was pending, and this shows nothing.
            Assert.Equal(0, new FileInfo(_setup["m/d/log"]).Length);
            holder.StandardInput.Close();
        }

        Assert.Equal("one\ntwo\n", File.ReadAllText($"{_setup.Mount}/d/log"));
        Assert.Equal("one\ntwo\n", File.ReadAllText(_setup["m/d/log"]));
    }

    // The kernel lets only so many requests of its own be under way, of which those that write mappings back wait for room here.
    [Fact]
    public async Task G6_MappingsThatAreWrittenBackInAStallHoldUpNoRead()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync();
        ToolProcess.Shell($"cd {_setup.Mount}; head -c 4M /dev/zero > cold; truncate -s 100M big; truncate -s 400M mapped");
        Assert.Equal(0, master.Stop());
        // Of which the kernel has nothing in memory.
        await _setup.Again(master, () => _setup.Master()).ReadyAsync();
        using Process holder = await HoldJournalAsync();
        using FileStream big = new($"{_setup.Mount}/big", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using MemoryMappedFile mapped = MemoryMappedFile.CreateFromFile($"{_setup.Mount}/mapped", FileMode.Open);
        Task filling = Task.Run(() => big.Write(new byte[70 << 20]), TestContext.Current.CancellationToken);
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        Task writingBack = Task.Run(() => WriteBack(mapped), TestContext.Current.CancellationToken);
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        Assert.False(filling.IsCompleted || writingBack.IsCompleted, "There was room, and this shows nothing.");
        Task<byte[]> reading = File.ReadAllBytesAsync($"{_setup.Mount}/cold", TestContext.Current.CancellationToken);
        bool isRead = await Task.WhenAny(reading, Task.Delay(5_000, TestContext.Current.CancellationToken)) == reading;
        holder.StandardInput.Close();
        await Task.WhenAll(filling, writingBack, reading);
        Assert.True(isRead, "The read waited for the journal.");
    }

    private static void WriteBack(MemoryMappedFile mapped)
    {
        using MemoryMappedViewAccessor view = mapped.CreateViewAccessor();
        for (int page = 0; page < 300; page++)
        {
            view.Write(page << 20, (byte)1);
        }

        view.Flush();
    }

    // Who holds the journal's lock holds up its commits.
    private async Task<Process> HoldJournalAsync()
    {
        Process holder = Process.Start(new ProcessStartInfo("flock", [_setup["journal.db.lock"], "sh", "-c", "echo held; cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        return holder;
    }

    public void Dispose() => _setup.Dispose();
}
