using System.Globalization;
using KafkaFs.Posix;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>What was answered to all workers about what they all change: one log, and directories that only one of them can make. Thread-safe.</summary>
internal sealed class SharedAnswers
{
    public const string LogPath = ExpectedTree.SharedPath + "/log";

    private readonly Lock _lock = new();
    private readonly HashSet<string> _tried = [];
    private readonly List<string> _lines = [];
    private readonly Dictionary<int, (int Made, bool Seen, bool Tried)> _races = [];
    private int _race;

    /// <summary>Lines that were answered.</summary>
    public int Lines => _lines.Count;

    /// <summary>The number of the directory to race for.</summary>
    public int Race => Volatile.Read(ref _race);

    public static string RacePath(int race) => $"{ExpectedTree.SharedPath}/race-{race}";

    public void Trying(string line)
    {
        lock (_lock)
        {
            _tried.Add(line);
        }
    }

    public void Synced(string line)
    {
        lock (_lock)
        {
            _lines.Add(line);
        }
    }

    /// <summary>Notes what mkdir answered for <paramref name="race"/>.</summary>
    public void Raced(int race, Errno errno)
    {
        lock (_lock)
        {
            (int made, bool seen, bool tried) = _races.GetValueOrDefault(race);
            _races[race] = (made + (errno == Errno.None ? 1 : 0), seen || errno == Errno.EEXIST, tried || MountGoneException.IsSign(errno));
            if (errno is Errno.None or Errno.EEXIST)
            {
                _race = Math.Max(_race, race + 1);
            }
        }
    }

    /// <summary>What the mount's shared directory has too much or too little.</summary>
    public IEnumerable<string> Differences(string mount)
    {
        lock (_lock)
        {
            string[] found = File.ReadAllLines(Path.Combine(mount, LogPath));
            ILookup<string, string> times = found.ToLookup(line => line);
            return
            [
                .. _lines.Where(line => !times.Contains(line)).Select(line => $"{LogPath}: '{line}' was synced and is gone"),
                .. times.Where(line => line.Count() > 1).Select(line => $"{LogPath}: '{line.Key}' is there {line.Count()} times"),
                .. times.Where(line => !_tried.Contains(line.Key)).Select(line => $"{LogPath}: '{line.Key}' was never written"),
                .. Disorder(found).Select(line => $"{LogPath}: '{line}' comes after a later line of the same worker"),
                .. _races.Where(race => race.Value.Made > 1).Select(race => $"{RacePath(race.Key)} was made {race.Value.Made} times"),
                .. _races.Where(race => race.Value is { Seen: true, Made: 0, Tried: false }).Select(race => $"{RacePath(race.Key)} was there before it was made"),
                .. _races.Where(race => Directory.Exists(Path.Combine(mount, RacePath(race.Key))) ? race.Value is { Seen: false, Made: 0, Tried: false } : race.Value is { Made: > 0 } or { Seen: true })
                    .Select(race => $"{RacePath(race.Key)} is not as it was answered: {race.Value}"),
            ];
        }
    }

    // A line begins with WORKER-NUMBER, and a worker counts upwards.
    private static IEnumerable<string> Disorder(string[] found)
    {
        Dictionary<string, int> last = [];
        foreach (string line in found)
        {
            string[] parts = line.TrimEnd('.').Split('-');
            if (parts.Length != 2 || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out int number))
            {
                continue;
            }

            if (number <= last.GetValueOrDefault(parts[0], -1))
            {
                yield return line;
            }

            last[parts[0]] = number;
        }
    }
}
