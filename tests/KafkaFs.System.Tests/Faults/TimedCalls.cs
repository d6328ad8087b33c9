using System.Diagnostics;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.System.Tests.NothingLost;

namespace KafkaFs.System.Tests.Faults;

/// <summary>Threads that make directories and write and sync files on a mount, and how long each call took. Thread-safe.</summary>
internal sealed class TimedCalls : IDisposable
{
    private const int WriteBytes = 4_096;

    private readonly Lock _lock = new();
    private readonly Thread[] _threads;
    private readonly List<string> _failures = [];
    private readonly SafeFd _root;
    private (TimeSpan Time, string Call) _longest;
    private readonly Dictionary<int, (long Began, string Call)> _waiting = [];
    private long _calls;
    private volatile bool _stopping;

    public TimedCalls(string mount, int workers)
    {
        FileCalls.Open(null, Bytes(mount), OpenFlags.PathOnly | OpenFlags.Directory, 0, out _root);
        _threads = [.. Enumerable.Range(0, workers).Select(number => new Thread(() => Work(number)) { IsBackground = true })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Calls that failed.</summary>
    public string[] Failures
    {
        get { lock (_lock) { return [.. _failures]; } }
    }

    /// <summary>The longest call since this was last asked, also one that still waits, and the number of those that were answered.</summary>
    public (TimeSpan Time, string Call, long Calls) TakeLongest()
    {
        lock (_lock)
        {
            (TimeSpan Time, string Call) longest = _waiting.Values.Select(waits => (Stopwatch.GetElapsedTime(waits.Began), waits.Call)).Append(_longest).Max();
            (TimeSpan, string, long) found = (longest.Time, longest.Call, _calls);
            (_longest, _calls) = (default, 0);
            return found;
        }
    }

    public void Dispose()
    {
        _stopping = true;
        Array.ForEach(_threads, thread => thread.Join(TimeSpan.FromMinutes(2)));
        _root.Dispose();
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path);

    private void Work(int worker)
    {
        byte[] data = new byte[WriteBytes];
        for (int number = 0; !_stopping; number++)
        {
            string directory = $"w{worker}-{number}";
            using MountFile file = new();
            if (!(Time(worker, "mkdir", () => FileCalls.MakeDirectory(_root, Bytes(directory), 0x1c0))
                && Time(worker, "create", () => file.Open(_root, directory + "/file", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive))
                && Time(worker, "write", () => DescriptorCalls.WriteAll(file.Fd, data, 0))
                && Time(worker, "fsync", () => DescriptorCalls.Sync(file.Fd))
                && Time(worker, "close", file.Close)))
            {
                return;
            }
        }
    }

    private bool Time(int worker, string call, Func<Errno> make)
    {
        long began = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            _waiting[worker] = (began, call);
        }

        Errno errno = make();
        TimeSpan time = Stopwatch.GetElapsedTime(began);
        lock (_lock)
        {
            _waiting.Remove(worker);
            _calls++;
            _longest = time > _longest.Time ? (time, call) : _longest;
            if (errno != Errno.None)
            {
                _failures.Add($"{call}: {errno} after {time.TotalSeconds:0.0} s");
            }
        }

        return errno == Errno.None;
    }
}
