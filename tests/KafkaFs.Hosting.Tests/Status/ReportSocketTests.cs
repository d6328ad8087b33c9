using System.Net.Sockets;
using KafkaFs.Hosting.Status;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace KafkaFs.Hosting.Tests.Status;

public sealed class ReportSocketTests : ILogger, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<string> _log = [];
    private Task _serving = Task.CompletedTask;
    private int _failures;

    [Fact]
    public async Task WhoMakesTheCallsIsToldToWhoAsksForThat()
    {
        Serve();
        Assert.Equal([0], await AskAsync(static socket => socket.Shutdown(SocketShutdown.Send)));
        Assert.Equal([1], await AskAsync(static socket => socket.Send([1])));
        // Of before the question was there.
        Assert.Equal([0], await AskAsync(static _ => { }));
    }

    [Fact]
    public async Task ADescriptorThatIsShortDoesNotEndIt()
    {
        _failures = 1;
        Serve();
        Assert.Equal([0], await AskAsync(static socket => socket.Shutdown(SocketShutdown.Send)));
        Assert.Contains("could not be answered", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public void CallersAreCountedFromTheFirstQuestionForThemOn()
    {
        CallCounters calls = new();
        Count();
        Assert.Equal(1, Assert.Single(calls.Read()).Calls);
        Count();
        Assert.Empty(calls.ReadCallers());
        Count();
        Assert.Equal(1, Assert.Single(calls.ReadCallers()).Calls);

        void Count() => calls.Add("MkDir", failed: false, thread: 7, TimeSpan.FromTicks(1));
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _log.Add(formatter(state, exception));

    public void Dispose()
    {
        _end.Cancel();
        Assert.True(_serving.Wait(TimeSpan.FromSeconds(5)));
        _end.Dispose();
        Assert.Empty(Directory.GetFiles(_folder.Path));
        _folder.Dispose();
    }

    private void Serve() => _serving = ReportSocket.ServeAsync(_folder.Path, static withCallers => [withCallers ? (byte)1 : (byte)0], AcceptAsync, this, _end.Token);

    private ValueTask<Socket> AcceptAsync(Socket listener, CancellationToken stop) =>
        _failures-- > 0 ? ValueTask.FromException<Socket>(new SocketException((int)SocketError.TooManyOpenSockets)) : listener.AcceptAsync(stop);

    private async Task<byte[]> AskAsync(Action<Socket> question)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 5_000 };
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Assert.Single(Directory.GetFiles(_folder.Path))), TestContext.Current.CancellationToken);
        question(socket);
        byte[] answer = new byte[8];
        int length = await socket.ReceiveAsync(answer, TestContext.Current.CancellationToken);
        return answer[..length];
    }
}
