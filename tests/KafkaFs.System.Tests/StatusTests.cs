using System.Diagnostics;
using System.Text.Json.Nodes;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>`kafkafs status` and `kafkafs top` beside hosts that run.</summary>
public sealed class StatusTests : IDisposable
{
    private readonly Setup _setup;

    public StatusTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _setup = Setup.Embedded();
    }

    [Fact]
    public async Task EveryHostIsShownWithItsPlaceAndAKilledOneIsNot()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _setup.Slave().ReadyAsync();
        ToolProcess.Shell($"mkdir {_setup.Mount}/a {_setup.Mount}/b");
        await Setup.CaughtUpAsync(master, slave);
        JsonNode ofMaster = Of(_setup["m"])!, ofSlave = Of(_setup["s"])!;
        Assert.Equal(("master", "Ready", _setup.Mount), (Text(ofMaster, "host"), Text(ofMaster, "state"), Text(ofMaster, "mountpoint")));
        Assert.Equal(("slave", "Ready"), (Text(ofSlave, "host"), Text(ofSlave, "state")));
        Assert.Equal(await master.PositionAsync(), ofSlave["appliedOffset"]!.GetValue<long>());
        Assert.Contains($"mounted on {_setup.Mount}", ToolProcess.Try(HostUnderTest.Program, ["status"]).Output, StringComparison.Ordinal);
        slave.Kill();
        Assert.Null(Of(_setup["s"]));
        Assert.Equal(0, master.Stop());
        Assert.Null(Of(_setup["m"]));
    }

    [Fact]
    public async Task TopNamesTheProcessesThatMakeTheCalls()
    {
        await _setup.Master().ReadyAsync();
        using Process busy = Process.Start("bash", ["-c", $"cd {_setup.Mount}; while :; do mkdir x; rmdir x; done"]);
        try
        {
            // It begins to count who calls when it is asked for the first time.
            string shown = ToolProcess.Run(HostUnderTest.Program, ["top", _setup.Mount, "--interval", "1", "--count", "2"]);
            Assert.Matches(@"MkDir +[1-9]", shown);
            Assert.Matches($@"(\d+ (mkdir|rmdir|bash)|ended) +[1-9]", shown);
        }
        finally
        {
            busy.Kill(entireProcessTree: true);
            await busy.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(69, ToolProcess.Try(HostUnderTest.Program, ["top", "/nowhere"]).Code);
    }

    [Fact]
    public async Task AnImportSaysHowFarItIsAndHowLongItTakes()
    {
        ToolProcess.Shell($"mkdir {_setup["files"]}; for file in 1 2 3 4 5 6; do head -c 150M /dev/zero > {_setup["files"]}/$file; done");
        using Process import = Process.Start(HostUnderTest.Program, ["import", "--journal", _setup["import.db"], _setup["files"]]);
        try
        {
            JsonNode? progress;
            while ((progress = Of(_setup["files"])?["progress"]) is null || progress["total"]!.GetValue<long>() < 900_000_000 || progress["done"]!.GetValue<long>() == 0)
            {
                Assert.False(import.HasExited);
            }

            Assert.Equal(("writing to the journal", "bytes"), (Text(progress, "what"), Text(progress, "unit")));
            Assert.True(progress["secondsLeft"]!.GetValue<double>() > 0);
            (_, string shown, _) = ToolProcess.Try(HostUnderTest.Program, ["status"]);
            Assert.Matches($"kafkafs import  .+\n    data root {_setup["files"]}", shown);
        }
        finally
        {
            import.Kill();
            await import.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Null(Of(_setup["files"]));
    }

    // Where nothing else runs: with a /run of its own.
    [Fact]
    public void TheExitCodeSaysWhetherAllHostsAreReady()
    {
        string shown = ToolProcess.Run("unshare", ["--mount", "bash", "-cu", """
            mount -t tmpfs none /run || exit
            status() { words=$("$1" status "${@:2}" 2> /dev/null); code=$?; }
            until_code() { for ((i = 0; i < 100; i++)); do status "$1"; [ $code != "$2" ] || return 0; sleep 0.1; done; }
            status "$1"; echo "none: $code"
            "$1" slave --http none --journal "$2/s.db" "$2/s" 2> /dev/null & slave=$!
            until_code "$1" 1; echo "without a journal: $code"
            mkdir "$2/files"; "$1" import --journal "$2/s.db" "$2/files" > /dev/null
            until_code "$1" 0; echo "ready: $code"
            kill -STOP $slave; status "$1"; echo "stopped: $code, ${words/$slave/N}"
            status "$1" --json; echo "${words/$slave/N}"
            kill -CONT $slave; kill -TERM $slave; wait $slave; echo "its own: $?"
            """, "-", HostUnderTest.Program, Directory.CreateDirectory(_setup["codes"]).FullName]);
        Assert.Equal(
            ["none: 69", "without a journal: 1", "ready: 0", "stopped: 1, process N  does not answer", """[{"process":N,"problem":"does not answer"}]""", "its own: 0"],
            shown.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("INT", 130, "status", "--watch", "--json")]
    [InlineData("TERM", 143, "status", "--watch", "--json")]
    [InlineData("HUP", 129, "status", "--watch", "--json")]
    [InlineData("TERM", 143, "log", "--follow")]
    [InlineData("INT", 0, "log", "--follow")]
    public async Task ACommandThatASignalEndsSaysWhichOne(string signal, int code, params string[] command)
    {
        HostUnderTest master = await _setup.Master().ReadyAsync();
        Assert.Equal(0, master.Stop());
        string[] journal = command[0] == "log" ? ["--journal", _setup["journal.db"]] : [];
        ProcessStartInfo start = new("env", ["--default-signal=INT", "--default-signal=HUP", HostUnderTest.Program, .. command, .. journal]) { RedirectStandardOutput = true };
        using Process running = Process.Start(start)!;
        await running.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        ToolProcess.Run("kill", [$"-{signal}", $"{running.Id}"]);
        Assert.True(running.WaitForExit(20_000));
        Assert.Equal(code, running.ExitCode);
    }

    public void Dispose() => _setup.Dispose();

    // Others may run on this machine.
    private static JsonNode? Of(string dataRoot) =>
        JsonNode.Parse(ToolProcess.Try(HostUnderTest.Program, ["status", "--json"]).Output)!.AsArray().SingleOrDefault(host => Text(host!, "dataRoot") == dataRoot);

    private static string? Text(JsonNode host, string key) => host[key]?.GetValue<string>();
}
