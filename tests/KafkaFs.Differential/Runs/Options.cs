using System.Globalization;

namespace KafkaFs.Differential.Runs;

/// <summary>The command line.</summary>
internal sealed record Options(string Subject, string Reference)
{
    public const string Usage = """
        KafkaFs.Differential SUBJECT REFERENCE [--seed N] [--seeds K] [--calls C] [--threads T] [--replay FILE] [--verify-only] [--verbose]
        KafkaFs.Differential SUBJECT --shared [--seed N] [--seeds K] [--calls C] [--threads T]

        The same random calls on two directories, one after the other, and everything that they answer compared. Calls are per seed, over all
        threads. Exit code 1 is a difference, 2 a call that does not return; 64 a wrong command line.
          --replay FILE   makes the calls of a file that an earlier difference left
          --verify-only   makes no calls: compares what the last seed left (after another mount, or a restart)
          --shared        all threads work in the same directories of SUBJECT; their answers together have to be what is there at the end
        """;

    public long Seed { get; init; } = Environment.TickCount & 0xffffff;

    public int Seeds { get; init; } = 1;

    /// <summary>Of each seed, over all threads.</summary>
    public int Calls { get; init; } = 20_000;

    public int Threads { get; init; } = 4;

    public bool Shared { get; init; }

    public bool VerifyOnly { get; init; }

    public bool Verbose { get; init; }

    public string? Replay { get; init; }

    /// <summary>Null, and <paramref name="error"/>, if the line is wrong.</summary>
    public static Options? Parse(string[] arguments, out string error)
    {
        List<string> places = [];
        Options options = new("", "");
        error = "";
        for (int at = 0; at < arguments.Length; at++)
        {
            string argument = arguments[at];
            if (argument is "--seed" or "--seeds" or "--calls" or "--threads" or "--replay")
            {
                if (++at == arguments.Length || (argument != "--replay" && !int.TryParse(arguments[at], CultureInfo.InvariantCulture, out _)))
                {
                    error = $"{argument} wants a value";
                    return null;
                }

                options = options.With(argument, arguments[at]);
            }
            else if (argument is "--shared" or "--verify-only" or "--verbose")
            {
                options = options.With(argument, "");
            }
            else if (argument.StartsWith('-'))
            {
                error = $"{argument} is no option";
                return null;
            }
            else
            {
                places.Add(Path.GetFullPath(argument));
            }
        }

        int wanted = options.Shared ? 1 : 2;
        error = places.Count != wanted ? $"{wanted} places are wanted"
            : options.Shared && options.Threads > Differential.Shared.SharedAppends.ThreadsMax ? $"at most {Differential.Shared.SharedAppends.ThreadsMax} threads" : "";
        return error.Length == 0 ? options with { Subject = places[0], Reference = places[^1] } : null;
    }

    private Options With(string option, string value) => option switch
    {
        "--seed" => this with { Seed = int.Parse(value, CultureInfo.InvariantCulture) },
        "--seeds" => this with { Seeds = int.Parse(value, CultureInfo.InvariantCulture) },
        "--calls" => this with { Calls = int.Parse(value, CultureInfo.InvariantCulture) },
        "--threads" => this with { Threads = int.Parse(value, CultureInfo.InvariantCulture) },
        "--replay" => this with { Replay = Path.GetFullPath(value) },
        "--shared" => this with { Shared = true },
        "--verify-only" => this with { VerifyOnly = true },
        _ => this with { Verbose = true },
    };
}
