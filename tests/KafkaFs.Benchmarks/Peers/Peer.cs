using System.Diagnostics;
using System.Globalization;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.Benchmarks.Peers;

/// <summary>A directory to work in, and who serves it.</summary>
/// <param name="Id">Process that serves it; null: the kernel alone.</param>
/// <param name="Url">Where its metrics are, if it has any.</param>
internal sealed record Peer(string Name, string Folder, int? Id = null, string? Url = null) : IDisposable
{
    private static readonly double s_tickSeconds = 1.0 / double.Parse(ToolProcess.Run("getconf", ["CLK_TCK"]), CultureInfo.InvariantCulture);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Processor time of the process, seconds.</summary>
    public double CpuSeconds => Id is int id ? CpuSecondsOf(id) : 0;

    public static Peer Native(string place)
    {
        string folder = Directory.CreateDirectory(Path.Combine(place, "native")).FullName;
        return new Peer("native", folder);
    }

    /// <summary>libfuse's own example, compiled here and now, on a directory beside it.</summary>
    public static Peer Passthrough(string place, string name, string options)
    {
        const string examples = "/usr/share/doc/libfuse3-dev/examples";
        string program = Path.Combine(place, "passthrough_ll"), mount = Path.Combine(place, name), source = mount + "-source";
        if (!File.Exists($"{examples}/passthrough_ll.c"))
        {
            throw new InvalidOperationException($"{examples}/passthrough_ll.c is missing: apt-get install gcc pkg-config libfuse3-dev");
        }

        if (!File.Exists(program))
        {
            ToolProcess.Shell($"gcc -O2 -w -o {program} {examples}/passthrough_ll.c -I{examples} $(pkg-config --cflags --libs fuse3)");
        }

        Directory.CreateDirectory(mount);
        Directory.CreateDirectory(source);
        // It keeps a descriptor for each inode that the kernel knows.
        Process server = Process.Start(new ProcessStartInfo(
            "bash", ["-c", "ulimit -n $(ulimit -Hn); exec \"$@\"", "bash", program, "-f", "-o", $"source={source},{options}", mount]))!;
        return Mounted(name, mount, server);
    }

    /// <summary>A master of this build: this program again as <paramref name="command"/>, with settings.</summary>
    public static Peer Master(string place, string name, string command, params string[] settings)
    {
        // /proc/mounts writes blanks otherwise.
        string mount = Directory.CreateDirectory(Path.Combine(place, name.Replace(' ', '-'))).FullName;
        string url = $"http://127.0.0.1:{FreePort()}";
        Process master = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            [
                command, $"--KafkaFs:DataRoot={mount}-root", $"--KafkaFs:Mount:Mountpoint={mount}", $"--KafkaFs:Http:Urls={url}",
                "--Logging:LogLevel:Default=Error", .. settings,
            ]))!;
        return Mounted(name, mount, master) with { Url = url };
    }

    public static double CpuSecondsOf(int id)
    {
        string[] fields = File.ReadAllText($"/proc/{id}/stat").Split(") ")[^1].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * s_tickSeconds;
    }

    public void Dispose()
    {
        if (Id is int id)
        {
            ToolProcess.Try("umount", ["-l", Folder]);
            ToolProcess.Try("kill", ["-TERM", $"{id}"]);
        }
    }

    private static Peer Mounted(string name, string mount, Process server)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!File.ReadAllText("/proc/mounts").Contains($" {mount} ", StringComparison.Ordinal))
        {
            if (server.HasExited || watch.Elapsed > s_limit)
            {
                server.Kill();
                throw new InvalidOperationException($"{name} does not mount (exited: {server.HasExited}).");
            }

            Thread.Sleep(20);
        }

        return new Peer(name, mount, server.Id);
    }

    private static int FreePort()
    {
        using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
