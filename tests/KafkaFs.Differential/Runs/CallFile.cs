using KafkaFs.Differential.Calls;

namespace KafkaFs.Differential.Runs;

/// <summary>Calls in a text file, one a line; lines that begin with # are for people.</summary>
internal static class CallFile
{
    public static List<Call> Read(string path) =>
        [.. File.ReadLines(path).Where(static line => line.Length > 0 && line[0] != '#').Select(CallText.Parse)];

    public static void Write(string path, string heading, IEnumerable<Call> calls) =>
        File.WriteAllLines(path, [.. heading.Split('\n').Select(static line => "# " + line), .. calls.Select(CallText.Format)]);
}
