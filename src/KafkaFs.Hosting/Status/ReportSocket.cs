using System.Net.Sockets;
using System.Text;
using KafkaFs.Posix.Files;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Status;

/// <summary>
/// A Unix socket, named by this process, at which whoever connects is told what it does: a <see cref="HostReport"/> or a
/// <see cref="CommandReport"/>. No two processes collide, and only their own user, and root, get in.
/// </summary>
public static partial class ReportSocket
{
    private const uint OnlyOwn = 0x1c0;

    private static readonly TimeSpan s_tellLimit = TimeSpan.FromSeconds(1);

    /// <summary>Where this user's sockets are; null if there is no such place.</summary>
    public static string? Folder =>
        ProcessCalls.IsRoot ? "/run/kafkafs/hosts"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? Path.Combine(own, "kafkafs/hosts")
        : null;

    /// <summary>Tells it to whoever asks, until <paramref name="stop"/>. The process goes on where that cannot be.</summary>
    public static async Task ServeAsync(Func<byte[]> report, ILogger logger, CancellationToken stop)
    {
        if (Folder is not string folder)
        {
            return;
        }

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
                using Socket asking = await listener.AcceptAsync(stop).ConfigureAwait(false);
                await TellAsync(asking, report, logger).ConfigureAwait(false);
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

    // Who does not listen is left.
    private static async Task TellAsync(Socket asking, Func<byte[]> report, ILogger logger)
    {
        using CancellationTokenSource limit = new(s_tellLimit);
        try
        {
            await using NetworkStream stream = new(asking);
            await stream.WriteAsync(report(), limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            LogNotTold(logger, exception.Message);
        }
    }

    [LoggerMessage(5030, LogLevel.Warning, "`kafkafs status` does not see this process: '{Path}' cannot be served ({Reason})")]
    private static partial void LogNoSocket(ILogger logger, string path, string reason);

    [LoggerMessage(5031, LogLevel.Debug, "Who asked for the status did not take it: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string reason);
}
