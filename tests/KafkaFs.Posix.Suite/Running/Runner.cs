using KafkaFs.Posix.Suite.Calls;
using static KafkaFs.Posix.Suite.Calls.Constants;

namespace KafkaFs.Posix.Suite.Running;

/// <summary>Runs rules one by one, each in a directory of its own below the one that is tested.</summary>
internal sealed class Runner(string directory, Profile profile, bool isVerbose, TextWriter output)
{
    private static readonly TimeSpan s_ruleLimit = TimeSpan.FromMinutes(3);

    private int _passed;
    private int _failed;
    private int _skipped;

    /// <summary>The exit code: 0 if nothing failed.</summary>
    public int Run(IEnumerable<Rule> rules)
    {
        foreach (Rule rule in rules)
        {
            // A call that never returns must not hold up who asked.
            using Timer limit = new(_ => Hung(rule), null, s_ruleLimit, Timeout.InfiniteTimeSpan);
            Run(rule);
        }

        return Summary();
    }

    private void Run(Rule rule)
    {
        string own = $"{directory}/posix-{Environment.ProcessId}";
        Case test = new(rule, profile, own, isVerbose, output);
        Sys.Umask(O(22));
        try
        {
            Begin(own);
            rule.Body(test);
        }
        catch (RuleBrokenException exception)
        {
            test.Broken(exception.Message);
        }
        finally
        {
            test.CloseAll();
            Sys.Umask(O(22));
            Sys.Chdir("/");
        }

        long cleaned = Remove(AT_FDCWD, own);
        if (cleaned < 0)
        {
            test.Broken($"its directory cannot be removed: {Errno.Name(cleaned)}");
        }

        _passed += test.Passed;
        _failed += test.Failed;
        _skipped += test.Skipped;
    }

    private static void Begin(string own)
    {
        long made = Sys.Mkdir(own, O(755));
        made = made < 0 ? made : Sys.Chmod(own, O(755));
        made = made < 0 ? made : Sys.Chdir(own);
        if (made < 0)
        {
            throw new RuleBrokenException($"{own}: {Errno.Name(made)}");
        }
    }

    // A tree with any bytes in its names, as root.
    private static long Remove(long parent, string name)
    {
        long result = Sys.UnlinkAt(parent, name);
        if (result != Errno.EISDIR)
        {
            return result;
        }

        long fd = Sys.OpenAt(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        List<DirectoryEntry> entries = [];
        while (Case.ReadEntries(fd, 32_768, entries) > 0)
        {
        }

        foreach (DirectoryEntry entry in entries.Where(entry => entry.Name is not ("." or "..")))
        {
            Remove(fd, entry.Name);
        }

        Sys.Close(fd);
        return Sys.UnlinkAt(parent, name, AT_REMOVEDIR);
    }

    private void Hung(Rule rule)
    {
        output.WriteLine($"FAILED {rule.Path}: expected an end within {s_ruleLimit}, got none");
        _failed++;
        Summary();
        Environment.Exit(1);
    }

    private int Summary()
    {
        output.WriteLine($"{_passed} assertions passed, {_failed} failed, {_skipped} skipped");
        output.Flush();
        return _failed == 0 ? 0 : 1;
    }
}
