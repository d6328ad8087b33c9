using KafkaFs.Posix.Suite.Running;

const string Usage = "usage: KafkaFs.Posix.Suite DIRECTORY [--only SYSCALL[/RULE]] [--list] [--profile ext4|xfs|tmpfs|btrfs|kafkafs] [--verbose]";
const int UsageError = 64;

string? directory = null, only = null, profileName = null;
bool isList = false, isVerbose = false;
for (int at = 0; at < args.Length; at++)
{
    switch (args[at])
    {
        case "--only" when at + 1 < args.Length: only = args[++at]; break;
        case "--profile" when at + 1 < args.Length: profileName = args[++at]; break;
        case "--list": isList = true; break;
        case "--verbose": isVerbose = true; break;
        default:
            if (directory is not null || args[at].StartsWith('-'))
            {
                return Refuse(Usage);
            }

            directory = Path.GetFullPath(args[at]);
            break;
    }
}

Rule[] rules = [.. Rule.All.Where(rule => rule.Is(only))];
if (rules.Length == 0)
{
    return Refuse($"no rule '{only}': --list shows them");
}

if (isList)
{
    Array.ForEach(rules, rule => Console.WriteLine(rule.Path));
    return 0;
}

if (directory is null || !Directory.Exists(directory))
{
    return Refuse(directory is null ? Usage : $"there is no directory {directory}");
}

Profile? profile = profileName is null ? Profile.Of(directory) : Profile.Named(profileName);
if (profile is null)
{
    return Refuse($"which filesystem is it? --profile {string.Join('|', Profile.Names)}");
}

if (Environment.UserName != "root")
{
    return Refuse("root is needed: rules make devices and become users");
}

using StreamWriter output = new(Console.OpenStandardOutput()) { AutoFlush = true };
return new Runner(directory, profile, isVerbose, output).Run(rules);

static int Refuse(string words)
{
    Console.Error.WriteLine(words);
    return UsageError;
}
