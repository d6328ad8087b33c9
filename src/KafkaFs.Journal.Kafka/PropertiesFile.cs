using System.Globalization;
using System.Text;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// A file of properties as Kafka's own tools take it (`--command-config`), by Java's rules: KEY=VALUE or KEY:VALUE, comments after # and !,
/// a backslash before what is meant literally and at the end of a line that goes on.
/// </summary>
public static class PropertiesFile
{
    /// <summary>The pairs in their order. What is wrong goes to <paramref name="problems"/>, with the line's number and never its text.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Parse(string text, ICollection<string> problems)
    {
        List<KeyValuePair<string, string>> pairs = [];
        string[] lines = text.Split('\n');
        for (int index = 0; index < lines.Length; index++)
        {
            int number = index + 1;
            string line = lines[index].TrimEnd('\r').TrimStart();
            if (line.Length == 0 || line[0] is '#' or '!')
            {
                continue;
            }

            while (GoesOn(line) && index + 1 < lines.Length)
            {
                line = line[..^1] + lines[++index].TrimEnd('\r').TrimStart();
            }

            int end = EndOfKey(line);
            if (end <= 0 || end == line.Length)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"line {number}: KEY=VALUE is wanted"));
                continue;
            }

            pairs.Add(new(Literal(line[..end].TrimEnd()), Literal(line[(end + 1)..].TrimStart())));
        }

        return pairs;
    }

    // An odd number of backslashes.
    private static bool GoesOn(string line) => (line.Length - line.TrimEnd('\\').Length) % 2 == 1;

    private static int EndOfKey(string line)
    {
        int end = 0;
        while (end < line.Length && line[end] is not ('=' or ':'))
        {
            end += line[end] == '\\' ? 2 : 1;
        }

        return Math.Min(end, line.Length);
    }

    private static string Literal(string text)
    {
        StringBuilder literal = new(text.Length);
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] != '\\' || index + 1 == text.Length)
            {
                literal.Append(text[index]);
                continue;
            }

            char escaped = text[++index];
            if (escaped == 'u' && index + 4 < text.Length
                && ushort.TryParse(text.AsSpan(index + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                literal.Append((char)code);
                index += 4;
                continue;
            }

            literal.Append(escaped switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'f' => '\f', _ => escaped });
        }

        return literal.ToString();
    }
}
