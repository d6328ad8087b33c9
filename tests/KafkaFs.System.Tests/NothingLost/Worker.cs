using KafkaFs.Posix;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>
/// One thread of a <see cref="Load"/>. It knows what each of its names must be; an operation that a killed master cut off must
/// have been done up to one of its calls, and each of these wholly (a write: up to one of its pages).
/// </summary>
internal sealed class Worker
{
    private readonly Load _load;
    private readonly Random _random;
    private readonly Operations _operations;
    private readonly List<Step> _open = [];
    private int _generation;

    public Worker(Load load, string name, Random random)
    {
        (_load, Name, _random, Expected) = (load, name, random, new ExpectedTree(name));
        _operations = new Operations(Expected, load.Shared, random);
    }

    public string Name { get; }

    public ExpectedTree Expected { get; }

    public long Answered { get; private set; }

    public long FoundNotDone { get; private set; }

    public long FoundDone { get; private set; }

    public void Run()
    {
        try
        {
            string? difference = null;
            while (difference is null && _load.GoesOn())
            {
                difference = _load.TryNewer(ref _generation, out SafeFd root) ? Resolve(root) : Work(root);
                Thread.Sleep(_random.Next(4));
            }

            if (difference is null && _load.TryNewer(ref _generation, out SafeFd last))
            {
                difference = Resolve(last);
            }

            if (difference is not null)
            {
                _load.Failed($"{Name}: {difference}");
            }
        }
        catch (Exception exception)
        {
            _load.Failed($"{Name}: {exception}");
        }
    }

    private string? Work(SafeFd root)
    {
        using MountFile file = new();
        foreach (Step step in _operations.Next(root, file))
        {
            _open.Add(step);
            Errno errno = step.Do();
            if (errno != step.Answer)
            {
                return !MountGoneException.IsSign(errno) ? $"{step.Words} was answered {errno}, not {step.Answer}"
                    : _load.AwaitNewer(_generation) ? null
                    : $"{step.Words} was answered {errno}, though the master lives";
            }

            if (!step.IsData)
            {
                Answered += _open.Count;
                Array.ForEach([.. _open.SelectMany(open => open.Parts)], done => done());
                _open.Clear();
            }
        }

        return null;
    }

    // Everything that was answered, and of what was not the first calls or none.
    private string? Resolve(SafeFd root)
    {
        try
        {
            Queue<Action> open = new(_open.SelectMany(step => step.Parts));
            string? difference = Expected.Difference(root);
            string words = $"{difference} (before {string.Join(", ", _open.Select(step => step.Words))})";
            while (difference is not null && open.TryDequeue(out Action? done))
            {
                done();
                difference = Expected.Difference(root);
                words += $"; or {difference}";
                FoundDone++;
            }

            FoundNotDone += open.Count;
            _open.Clear();
            return difference is null ? null : words;
        }
        catch (MountGoneException exception)
        {
            return _load.AwaitNewer(_generation) ? null : $"{exception.Message}, though the master lives";
        }
    }
}
