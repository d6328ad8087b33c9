using System.Net.Sockets;
using System.Text;
using KafkaFs.Posix.Files;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Status;

/// <summary>
/// A Unix socket, named by this process, at which whoever connects is told what it does: a <see cref="HostReport"/> or a
/// <see cref="CommandReport"/>. Who closes the sending side at once asks for that alone; a byte before asks for who makes the calls, too. No two processes
/// collide, and only their own user, and root, get in.
/// </summary>
public static partial class ReportSocket
{
    private const uint OnlyOwn = 0x1c0;

    // For the question, and for taking the answer: one at a time is told.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    // Descriptors that are short are free again some day.
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Where this user's sockets are; null if there is no such place.</summary>
    public static string? Folder =>
        ProcessCalls.IsRoot ? "/run/kafkafs/hosts"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? Path.Combine(own, "kafkafs/hosts")
        : null;

    /// <summary>Tells it to whoever asks, until <paramref name="stop"/>. The process goes on where that cannot be.</summary>
    /// <param name="report">True: with who makes the calls.</param>
    public static Task ServeAsync(Func<bool, byte[]> report, ILogger logger, CancellationToken stop)
    {
        if (Folder is string folder)
        {
            return ServeAsync(folder, report, static (listener, stop) => listener.AcceptAsync(stop), logger, stop);
        }

        LogNoFolder(logger);
        return Task.CompletedTask;
    }

    internal static async Task ServeAsync(
        string folder, Func<bool, byte[]> report, Func<Socket, CancellationToken, ValueTask<Socket>> acceptAsync, ILogger logger, CancellationToken stop)
    {
        string path = Path.Combine(folder, $"{Environment.ProcessId}.socket");
        try
        {
            MakeOwn(Path.GetDirectoryName(folder)!);
            MakeOwn(folder);
            // Of a process that had this number before.
            File.Delete(path);
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            using CancellationTokenRegistration gone = stop.Register(() => File.Delete(path));
            while (!stop.IsCancellationRequested)
            {
                await ServeOneAsync(() => acceptAsync(listener, stop), report, logger, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // That is how it ends.
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            LogNoSocket(logger, path, exception.Message);
        }
    }

    // What is wrong with it, bind(2) says.
    private static void MakeOwn(string folder) => FileCalls.MakeDirectory(null, Encoding.UTF8.GetBytes(folder), OnlyOwn);

    private static async Task ServeOneAsync(Func<ValueTask<Socket>> acceptAsync, Func<bool, byte[]> report, ILogger logger, CancellationToken stop)
    {
        try
        {
            using Socket asking = await acceptAsync().ConfigureAwait(false);
            await TellAsync(asking, report, logger).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            LogNotAccepted(logger, exception.Message);
            await Task.Delay(s_pause, stop).ConfigureAwait(false);
        }
    }

    // Who does not listen is left.
    private static async Task TellAsync(Socket asking, Func<bool, byte[]> report, ILogger logger)
    {
        using CancellationTokenSource limit = new(s_limit * 2);
        try
        {
            await using NetworkStream stream = new(asking);
            byte[] answer = report(await AsksForCallersAsync(stream).ConfigureAwait(false));
            await stream.WriteAsync(answer, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            LogNotTold(logger, exception.Message);
        }
    }

    private static async Task<bool> AsksForCallersAsync(NetworkStream stream)
    {
        using CancellationTokenSource limit = new(s_limit);
        try
        {
            return await stream.ReadAsync(new byte[1], limit.Token).ConfigureAwait(false) == 1;
        }
        catch (OperationCanceledException)
        {
            // An older `kafkafs` says nothing.
            return false;
        }
    }

    [LoggerMessage(5030, LogLevel.Warning, "`kafkafs status` does not see this process: '{Path}' cannot be served ({Reason})")]
    private static partial void LogNoSocket(ILogger logger, string path, string reason);

    [LoggerMessage(5032, LogLevel.Warning, "`kafkafs status` could not be answered ({Reason}); it may ask again")]
    private static partial void LogNotAccepted(ILogger logger, string reason);

    [LoggerMessage(5033, LogLevel.Warning, "`kafkafs status` does not see this process: XDG_RUNTIME_DIR, which an ordinary user's sessions have, names no folder for its socket")]
    private static partial void LogNoFolder(ILogger logger);

    [LoggerMessage(5031, LogLevel.Debug, "Who asked for the status did not take it: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string reason);
}
