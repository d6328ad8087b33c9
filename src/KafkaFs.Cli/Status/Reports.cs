using System.Net.Sockets;
using KafkaFs.Hosting.Status;

namespace KafkaFs.Cli.Status;

/// <summary>What the hosts and long commands of this machine say (of this user; root's, for root).</summary>
internal sealed record Reports(IReadOnlyList<HostReport> Hosts, IReadOnlyList<CommandReport> Commands)
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    /// <summary>Of those that answer, by name. What a dead process has left is taken away.</summary>
    public static async Task<Reports> ReadAsync(CancellationToken stop)
    {
        string? folder = ReportSocket.Folder;
        if (folder is null || !Directory.Exists(folder))
        {
            return new Reports([], []);
        }

        byte[]?[] answers = await Task.WhenAll(Directory.GetFiles(folder, "*.socket").Select(path => AskAsync(path, stop)));
        return new Reports(
            [.. answers.Select(static json => HostReport.FromJson(json)).OfType<HostReport>().OrderBy(static host => host.Host, StringComparer.Ordinal).ThenBy(static host => host.Process)],
            [.. answers.Select(static json => CommandReport.FromJson(json)).OfType<CommandReport>().OrderBy(static command => command.Process)]);
    }

    private static async Task<byte[]?> AskAsync(string path, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(s_limit);
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
            await using NetworkStream stream = new(socket);
            using MemoryStream answer = new();
            byte[] part = new byte[64 * 1024];
            for (int length = 1; length > 0 && answer.Length < MaxBytes;)
            {
                length = await stream.ReadAsync(part, limit.Token);
                answer.Write(part, 0, length);
            }

            return answer.ToArray();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is SocketException or IOException || (exception is OperationCanceledException && !stop.IsCancellationRequested))
        {
            await Console.Error.WriteLineAsync($"kafkafs: process {Path.GetFileNameWithoutExtension(path)} does not answer: {exception.Message}");
        }

        return null;
    }
}
