using System.Diagnostics;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.System.Tests.TwoMasters;

/// <summary>
/// How long after its answer on one mount a change is seen on another whose kernel has cached what was there before: a name that was absent, and
/// the size of a file. A thread of its own.
/// </summary>
internal sealed class Visibility
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    private readonly string _here, _there;
    private readonly Thread _thread;
    private readonly List<double> _milliseconds = [];
    private volatile bool _isOver;

    public Visibility(string here, string there)
    {
        (_here, _there) = (here, there);
        Directory.CreateDirectory($"{here}/seen");
        _thread = new Thread(Run) { IsBackground = true, Name = "visibility" };
    }

    /// <summary>What was not seen within 10 s, or null.</summary>
    public string? Failure { get; private set; }

    /// <summary>Milliseconds, p50. A notification that is lost is made good a second later: most must come at once.</summary>
    public double Median => _milliseconds.Count == 0 ? double.NaN : At(0.5);

    public string Words => _milliseconds.Count == 0
        ? "nothing was seen"
        : $"{_milliseconds.Count} changes seen on the other mount after {At(0.5):0.0} ms (p50), {At(0.99):0.0} ms (p99), {At(1):0} ms at most";

    public void Start() => _thread.Start();

    public void Stop()
    {
        _isOver = true;
        _thread.Join();
    }

    private double At(double part) => _milliseconds.Order().ElementAt((int)Math.Min(_milliseconds.Count - 1, _milliseconds.Count * part));

    private void Run()
    {
        for (int number = 0; !_isOver && Failure is null; number++)
        {
            string name = $"seen/{number}";
            Stat(name, out _);
            File.WriteAllText($"{_here}/{name}", "");
            Await(name, 0);
            File.AppendAllText($"{_here}/{name}", "content");
            Await(name, 7);
            File.Delete($"{_here}/{name}");
            Thread.Sleep(s_pause);
        }
    }

    private void Await(string name, ulong size)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!(Stat(name, out ulong found) && found == size))
        {
            if (watch.Elapsed > s_limit)
            {
                Failure = $"{name} with {size} bytes is not seen on the other mount after {s_limit.TotalSeconds} s";
                return;
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(0.2));
        }

        _milliseconds.Add(watch.Elapsed.TotalMilliseconds);
    }

    private bool Stat(string name, out ulong size)
    {
        Errno errno = FileCalls.Stat(null, Encoding.UTF8.GetBytes($"{_there}/{name}"), out StatxResult result);
        size = result.Size;
        return errno == Errno.None;
    }
}
