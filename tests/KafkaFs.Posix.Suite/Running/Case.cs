using System.Runtime.CompilerServices;
using KafkaFs.Posix.Suite.Calls;

namespace KafkaFs.Posix.Suite.Running;

/// <summary>
/// One run of one rule, in a fresh directory, which is the working directory: what it asserts is counted. Its descriptors are closed at
/// its end. One thread at a time.
/// </summary>
internal sealed partial class Case(Rule rule, Profile profile, string directory, bool isVerbose, TextWriter output)
{
    private readonly List<long> _descriptors = [];

    public Profile Profile { get; } = profile;

    /// <summary>The rule's directory, absolute.</summary>
    public string Directory { get; } = directory;

    /// <summary>What the assertions that follow are about, for the words of a failure.</summary>
    public string Context { get; set; } = "";

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public int Skipped { get; private set; }

    /// <summary>The call gave this result; below zero it is an errno.</summary>
    public void Is(long expected, long actual, [CallerArgumentExpression(nameof(actual))] string call = "") =>
        Check(expected == actual, Errno.Name(expected), Errno.Name(actual), call);

    /// <summary>The call succeeded, whatever else it gave.</summary>
    public void Ok(long actual, [CallerArgumentExpression(nameof(actual))] string call = "") => Check(actual >= 0, "success", Errno.Name(actual), call);

    /// <summary>The call gave one of these, where local filesystems differ among themselves.</summary>
    public void OneOf(long[] expected, long actual, [CallerArgumentExpression(nameof(actual))] string call = "") =>
        Check(expected.Contains(actual), string.Join(" or ", expected.Select(Errno.Name)), Errno.Name(actual), call);

    public void Equal(string expected, string actual, [CallerArgumentExpression(nameof(actual))] string call = "") =>
        Check(expected == actual, Shown(expected), Shown(actual), call);

    public void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string call = "")
        where T : struct, IEquatable<T> => Check(expected.Equals(actual), $"{expected}", $"{actual}", call);

    public void True(bool condition, [CallerArgumentExpression(nameof(condition))] string call = "") => Check(condition, "true", "false", call);

    /// <summary>The permission bits, in octal.</summary>
    public void Mode(int octal, FileStatus status, [CallerArgumentExpression(nameof(status))] string call = "") =>
        Check(Constants.O(octal) == status.Permissions, $"mode {octal}", $"mode {Octal(status.Permissions)}", call);

    /// <summary>Opens, asserts that it succeeds, and closes at the rule's end.</summary>
    public long Open(string path, int flags, uint mode = 420, [CallerArgumentExpression(nameof(path))] string what = "")
    {
        long fd = Sys.Open(path, flags, mode);
        Check(fd >= 0, "a descriptor", Errno.Name(fd), $"open({what}, {flags:x})");
        return Keep(fd);
    }

    /// <summary>Closes it at the rule's end; a result that is none ends the rule.</summary>
    public long Keep(long fd)
    {
        if (fd < 0)
        {
            throw new RuleBrokenException($"no descriptor: {Errno.Name(fd)} {Context}");
        }

        _descriptors.Add(fd);
        return fd;
    }

    /// <summary>Closes one of them now.</summary>
    public void Close(long fd)
    {
        _descriptors.Remove(fd);
        Check(Sys.Close(fd) == 0, "0", "an error", "close");
    }

    /// <summary>Whether it is there; if not, the profile's reason is printed and one skip counted.</summary>
    public bool Has(Difference difference)
    {
        if (!Profile.Lacks.TryGetValue(difference, out string? reason))
        {
            return true;
        }

        Skipped++;
        output.WriteLine($"skipped {rule.Path}: {reason}");
        return false;
    }

    /// <summary>The same without a skip: for what is then asserted otherwise.</summary>
    public bool Lacks(Difference difference) => Profile.Lacks.ContainsKey(difference);

    /// <summary>Runs it as an ordinary user.</summary>
    public void As(User user, Action body) => user.Run(body);

    /// <summary>The rule could not go on.</summary>
    public void Broken(string words) => Check(false, "a rule that runs to its end", words, "rule");

    public void CloseAll()
    {
        foreach (long fd in _descriptors)
        {
            Sys.Close(fd);
        }
    }

    private void Check(bool holds, string expected, string actual, string call)
    {
        if (holds)
        {
            Passed++;
        }
        else
        {
            Failed++;
        }

        if (!holds || isVerbose)
        {
            string context = Context.Length == 0 ? "" : $" [{Shown(Context)}]";
            output.WriteLine(holds ? $"ok {rule.Path}{context}: {call}: {expected}" : $"FAILED {rule.Path}{context}: {call}: expected {expected}, got {actual}");
        }
    }

    private static string Octal(uint mode) => Convert.ToString(mode, 8);

    private static string Shown(string text) =>
        string.Concat(text.Take(80).Select(letter => letter is >= ' ' and < '\x7f' ? $"{letter}" : $"\\x{(int)letter:x2}")) + (text.Length > 80 ? "..." : "");
}
