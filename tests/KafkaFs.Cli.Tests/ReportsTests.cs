using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using KafkaFs.Cli.Commands;
using KafkaFs.Cli.Status;
using KafkaFs.Hosting.Status;
using KafkaFs.Posix.Processes;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Cli.Tests;

/// <summary>What `kafkafs status` makes of the sockets that it finds.</summary>
public sealed class ReportsTests : IDisposable
{
    // Greater than any.
    private const int Nobody = 4_194_305;

    private readonly TemporaryFolder _folder = new();
    private readonly List<Socket> _sockets = [];

    [Fact]
    public async Task WhatCannotBeUnderstoodIsShown()
    {
        Socket socket = Bound(Environment.ProcessId);
        socket.Listen();
        Task answering = AnswerAsync(socket, """{"host":"master","newer":true}""");
        SilentProcess shown = Assert.Single((await ReadAsync()).Silent);
        await answering;
        Assert.Equal(new SilentProcess(Environment.ProcessId, SilentProcess.OtherVersion), shown);
        Assert.Equal($"process {Environment.ProcessId}  {SilentProcess.OtherVersion}", Assert.Single(StatusTable.Lines([shown])));
        Assert.Equal($$"""{"process":{{Environment.ProcessId}},"problem":"{{SilentProcess.OtherVersion}}"}""", Encoding.UTF8.GetString(shown.ToJson()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatDoesNotAnswerOrRefusesIsShownAndLeftWhileItsProcessLives(bool listens)
    {
        Socket socket = Bound(Environment.ProcessId);
        if (listens)
        {
            socket.Listen();
        }

        Assert.Equal([new SilentProcess(Environment.ProcessId, SilentProcess.NoAnswer)], (await ReadAsync()).Silent);
        Assert.True(File.Exists(Path(Environment.ProcessId)));
    }

    [Fact]
    public async Task WhatTheDeadHaveLeftIsTakenAway()
    {
        using Process parent = Process.Start(new ProcessStartInfo("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"]) { RedirectStandardOutput = true })!;
        int zombie = int.Parse((await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!, global::System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            // A shell would reap what ends before it is a sleep.
            while (await File.ReadAllTextAsync($"/proc/{parent.Id}/comm", TestContext.Current.CancellationToken) != "sleep\n")
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }

            ToolProcess.Run("kill", ["-KILL", $"{zombie}"]);
            while (ProcessStat.Read(zombie) is not { State: 'Z' })
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }

            Bound(zombie);
            Bound(Nobody);
            // The number is another process's now.
            Bound(Environment.ProcessId);
            File.SetLastWriteTimeUtc(Path(Environment.ProcessId), DateTime.UtcNow.AddDays(-1));
            Reports reports = await ReadAsync();
            Assert.Empty(reports.Silent);
            Assert.Empty(Directory.GetFiles(_folder.Path));
            Assert.Equal(69, StatusCommand.Judge(reports));
        }
        finally
        {
            parent.Kill();
            await parent.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void TheExitCodeIsThatOfTheHosts()
    {
        CommandReport import = new("import", 43, "1.0", "/srv/files", default, null);
        (HostReport ready, HostReport starting) = (StatusTableTests.Slave with { IsReady = true }, StatusTableTests.Slave);
        Assert.Equal(0, StatusCommand.Judge(new Reports([ready], [import], [])));
        Assert.Equal(1, StatusCommand.Judge(new Reports([ready, starting], [], [])));
        Assert.Equal(1, StatusCommand.Judge(new Reports([ready], [], [new SilentProcess(44, SilentProcess.NoAnswer)])));
        Assert.Equal(1, StatusCommand.Judge(new Reports([], [], [new SilentProcess(44, SilentProcess.NoAnswer)])));
        Assert.Equal(69, StatusCommand.Judge(new Reports([], [import], [])));
    }

    public void Dispose()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        _folder.Dispose();
    }

    private static async Task AnswerAsync(Socket listener, string answer)
    {
        using Socket asking = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await asking.SendAsync(Encoding.UTF8.GetBytes(answer));
    }

    private Task<Reports> ReadAsync() => Reports.ReadAsync(_folder.Path, withCallers: false, TestContext.Current.CancellationToken);

    private string Path(int process) => _folder[$"{process}.socket"];

    private Socket Bound(int process)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _sockets.Add(socket);
        socket.Bind(new UnixDomainSocketEndPoint(Path(process)));
        return socket;
    }
}
