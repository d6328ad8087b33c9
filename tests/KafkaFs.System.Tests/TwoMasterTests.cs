using System.Text.RegularExpressions;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>Two masters of one journal: what one does while the other does something with the same name.</summary>
public sealed class TwoMasterTests
{
    [Fact]
    public async Task AppendsOfTwoMastersAreAllThereAndWhole()
    {
        using Setup setup = NewSetup();
        (HostUnderTest first, HostUnderTest second) = await MastersAsync(setup);
        ToolProcess.Shell($$"""
            append() { for i in $(seq 100); do echo "$2 $i" >> $1/log; done; }
            append {{setup.Mount}} a & append {{setup["mnt2"]}} b; wait
            """);
        await Setup.CaughtUpAsync(first, second);
        Assert.Equal("200 200 200\n", ToolProcess.Shell($"""
            for f in {setup.Mount} {setup["m"]} {setup["m2"]}; do grep -cE '^[ab] [0-9]+$' $f/log; done | paste -sd' '
            """));
    }

    // The kernel's last page of the file has zeroes behind its end: with a newer size they would be content.
    [Theory]
    [InlineData]
    [InlineData("--close-to-open")]
    public async Task G5_WhoReadsBehindTheAppendsOfAnotherMasterReadsNoZeroes(params string[] options)
    {
        using Setup setup = NewSetup();
        (HostUnderTest first, HostUnderTest second) = await MastersAsync(setup, options);
        byte[] line = "a line that somebody else waits for\n"u8.ToArray();
        await File.WriteAllBytesAsync($"{setup.Mount}/log", line, TestContext.Current.CancellationToken);
        await Setup.CaughtUpAsync(first, second);
        const int lines = 1_500;
        using SafeFileHandle log = File.OpenHandle($"{setup["mnt2"]}/log", share: FileShare.ReadWrite);
        Task writing = Task.Run(
            async () =>
            {
                using FileStream written = new($"{setup.Mount}/log", FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                for (int number = 1; number < lines; number++)
                {
                    written.Write(line);
                    await Task.Delay(number % 3);
                }
            },
            TestContext.Current.CancellationToken);
        byte[] content = new byte[65_536];
        long length = 0;
        for (DateTime limit = DateTime.UtcNow.AddMinutes(2); length < lines * line.Length && DateTime.UtcNow < limit;)
        {
            int read = RandomAccess.Read(log, content, length);
            int zero = content.AsSpan(0, read).IndexOf((byte)0);
            Assert.True(zero < 0, $"There is a zero at {length + zero}.");
            length += read;
        }

        await writing;
        Assert.Equal(lines * line.Length, length);
    }

    // The kernel checks no permission for a file that it believes to have made.
    [Fact]
    public async Task G5_ACreateThatLosesTheRaceGetsNoHandleToAFileThatItMayNotOpen()
    {
        using Setup setup = NewSetup();
        await MastersAsync(setup);
        ToolProcess.Shell($$"""
            mkdir -m 1777 {{setup.Mount}}/d; for i in $(seq 50); do test -d {{setup["mnt2"]}}/d && break; sleep 0.1; done
            ( cd {{setup["mnt2"]}}/d; umask 077; set -C; for i in $(seq 300); do echo secret > f$i; done 2>/dev/null ) &
            setpriv --reuid=65534 --regid=65534 --clear-groups bash -c 'cd {{setup.Mount}}/d; for i in $(seq 300); do echo mine > f$i; done' 2>/dev/null || true
            wait
            """);
        string owners = ToolProcess.Shell($"cd {setup["mnt2"]}/d; for f in *; do echo $(stat -c %u $f) $(cat $f); done | sort | uniq -c | awk '{{print $2, $3}}'");
        Assert.All(owners.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains(line, new[] { "0 secret", "65534 mine" }));
    }

    // The kernel keeps what it has looked up for as long as there is memory, and we the content for as long as the kernel has it.
    [Theory]
    [InlineData("rm f*")]
    [InlineData("for i in $(seq 200); do echo new > n; mv n f$i; done")]
    [InlineData("for i in $(seq 200); do mv f$i moved; done")] // each name goes before its file does
    [InlineData("for i in $(seq 200); do ln f$i other; rm f$i other; done")]
    [InlineData("rmdir d*")]
    public async Task G5_WhatIsUnlinkedElsewhereIsLetGoByAKernelThatKnewIt(string change)
    {
        using Setup setup = NewSetup();
        (HostUnderTest first, HostUnderTest second) = await MastersAsync(setup);
        ToolProcess.Shell($"cd {setup.Mount}; for i in $(seq 200); do echo old > f$i; mkdir d$i; done");
        await Setup.CaughtUpAsync(first, second);
        ToolProcess.Shell($"ls -l {setup["mnt2"]}; stat {setup["mnt2"]}/f* {setup["mnt2"]}/d*; cat {setup["mnt2"]}/f*");
        ToolProcess.Shell($"cd {setup.Mount}; {change}");
        await Setup.CaughtUpAsync(first, second);
        await HealthAndMetricsTests.UntilAsync(
            async () => Regex.IsMatch(await second.AskAsync($"/metrics?{Guid.NewGuid()}"), @"(?m)^kafkafs_queue_orphans\{.*\} 0(\s|$)"), second);
        Assert.Equal(ToolProcess.Shell($"ls {setup.Mount}"), ToolProcess.Shell($"ls {setup["mnt2"]}"));
    }

    // No descriptor is left for the content of an unlinked file: those that are only kept for speed go first.
    [Fact]
    public async Task AnUnlinkedOpenFileKeepsItsContentWhenDescriptorsRunOut()
    {
        using Setup setup = NewSetup();
        await setup.Master().ReadyAsync();
        Assert.Equal("kept\n", ToolProcess.Shell($$"""
            cd {{setup.Mount}}; for i in $(seq 100); do echo $i > f$i; done; echo kept > f; exec 3<> f
            for p in $(pgrep -x kafkafs); do grep -qz '^{{setup["m"]}}$' /proc/$p/cmdline && pid=$p; done
            n=$(ls /proc/$pid/fd | wc -l)
            prlimit --pid $pid --nofile=$n: ; rm f; prlimit --pid $pid --nofile=1024: ; cat <&3
            """));
    }

    private static async Task<(HostUnderTest First, HostUnderTest Second)> MastersAsync(Setup setup, string[]? options = null)
    {
        HostUnderTest first = await setup.Master(options: options).ReadyAsync();
        Directory.CreateDirectory(setup["mnt2"]);
        return (first, await setup.Master("m2", setup["mnt2"], options).ReadyAsync());
    }

    private static Setup NewSetup()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Embedded();
    }
}
