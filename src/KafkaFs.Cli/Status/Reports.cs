using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using KafkaFs.Hosting.Status;
using KafkaFs.Posix.Processes;

namespace KafkaFs.Cli.Status;

/// <summary>What the hosts and long commands of this machine say (of this user; root's, for root), and which of them say nothing.</summary>
internal sealed record Reports(IReadOnlyList<HostReport> Hosts, IReadOnlyList<CommandReport> Commands, IReadOnlyList<SilentProcess> Silent)
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    // The kernel tells when it was booted to the second.
    private static readonly TimeSpan s_clockError = TimeSpan.FromSeconds(2);

    /// <summary>By name and process. What a dead process has left is taken away.</summary>
    /// <param name="withCallers">With who makes the calls of a mount, which it counts from the first question on.</param>
    public static Task<Reports> ReadAsync(bool withCallers, CancellationToken stop) => ReadAsync(ReportSocket.Folder, withCallers, stop);

    internal static async Task<Reports> ReadAsync(string? folder, bool withCallers, CancellationToken stop)
    {
        if (folder is null || !Directory.Exists(folder))
        {
            return new Reports([], [], []);
        }

        object?[] answers = await Task.WhenAll(Directory.GetFiles(folder, "*.socket").Select(path => AskAsync(path, withCallers, stop)));
        return new Reports(
            [.. answers.OfType<HostReport>().OrderBy(static host => host.Host, StringComparer.Ordinal).ThenBy(static host => host.Process)],
            [.. answers.OfType<CommandReport>().OrderBy(static command => command.Process)],
            [.. answers.OfType<SilentProcess>().OrderBy(static process => process.Process)]);
    }

    // One of the three, or null: there is nobody.
    private static async Task<object?> AskAsync(string path, bool withCallers, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(s_limit);
        try
        {
            byte[] answer = await AnswerAsync(path, withCallers, limit.Token);
            if (answer.Length > 0)
            {
                return (object?)HostReport.FromJson(answer) ?? (object?)CommandReport.FromJson(answer) ?? Silence(path, SilentProcess.OtherVersion);
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused && IsOfTheDead(path))
        {
            File.Delete(path);
            return null;
        }
        catch (Exception exception) when (exception is SocketException or IOException || (exception is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // What it means depends on who should have answered.
        }

        return Silence(path, SilentProcess.NoAnswer);
    }

    private static async Task<byte[]> AnswerAsync(string path, bool withCallers, CancellationToken stop)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
        await using NetworkStream stream = new(socket);
        if (withCallers)
        {
            await stream.WriteAsync(new byte[1], stop);
        }

        socket.Shutdown(SocketShutdown.Send);
        using MemoryStream answer = new();
        byte[] part = new byte[64 * 1024];
        for (int length = 1; length > 0 && answer.Length < MaxBytes;)
        {
            length = await stream.ReadAsync(part, stop);
            answer.Write(part, 0, length);
        }

        return answer.ToArray();
    }

    // Null if it is gone: one that ends takes its socket away first.
    private static SilentProcess? Silence(string path, string problem) => File.Exists(path) && ProcessStat.Read(ProcessOf(path)) is not null ? new SilentProcess(ProcessOf(path), problem) : null;

    // One that began after the socket was made has its number from another.
    private static bool IsOfTheDead(string path)
    {
        if (ProcessStat.Read(ProcessOf(path)) is not { State: not ('Z' or 'X') })
        {
            return true;
        }

        try
        {
            using Process living = Process.GetProcessById(ProcessOf(path));
            return living.StartTime > File.GetLastWriteTime(path) + s_clockError;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
            return true;
        }
    }

    // 0, which is nobody's, if it is another file.
    private static int ProcessOf(string path) => int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : 0;
}
