using System.Globalization;
using System.Text;

namespace KafkaFs.Differential.Calls;

/// <summary>A call as a line of a replay file: its kind and the fields that are not at their default; bytes that are no plain characters as \xNN, many of the same as \[N]C.</summary>
internal static class CallText
{
    private const int RunMin = 8;

    public static string Format(Call call)
    {
        StringBuilder line = new(call.Kind.ToString().ToLowerInvariant());
        Add("path", Escape(call.Path), "");
        Add("path2", Escape(call.Path2), "");
        Add("slot", call.Slot, -1);
        Add("slot2", call.Slot2, -1);
        Add("flags", call.Flags == 0 ? "0" : $"0x{call.Flags:x}", "0");
        Add("mode", call.Mode == 0 ? "0" : "0" + Convert.ToString(call.Mode, 8), "0");
        Add("offset", call.Offset, 0L);
        Add("length", call.Length, 0L);
        Add("value", call.Value, 0L);
        Add("value2", call.Value2, 0L);
        Add("user", call.User, 0);
        return line.ToString();

        void Add<T>(string key, T value, T otherwise)
        {
            if (!EqualityComparer<T>.Default.Equals(value, otherwise))
            {
                line.Append(' ').Append(key).Append('=').Append(value);
            }
        }
    }

    public static Call Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Call call = new() { Kind = Enum.Parse<CallKind>(words[0], ignoreCase: true) };
        foreach (string word in words[1..])
        {
            string value = word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..];
            call = word[..word.IndexOf('=', StringComparison.Ordinal)] switch
            {
                "path" => call with { Path = Unescape(value) },
                "path2" => call with { Path2 = Unescape(value) },
                "slot" => call with { Slot = (int)Number(value) },
                "slot2" => call with { Slot2 = (int)Number(value) },
                "flags" => call with { Flags = (int)Number(value) },
                "mode" => call with { Mode = Convert.ToUInt32(value, 8) },
                "offset" => call with { Offset = Number(value) },
                "length" => call with { Length = Number(value) },
                "value" => call with { Value = Number(value) },
                "value2" => call with { Value2 = Number(value) },
                "user" => call with { User = (int)Number(value) },
                string key => throw new FormatException($"'{key}' is no field of a call: {line}"),
            };
        }

        return call;
    }

    public static string Escape(string bytes)
    {
        StringBuilder escaped = new();
        for (int at = 0, run; at < bytes.Length; at += run)
        {
            char character = bytes[at];
            int end = bytes.AsSpan(at).IndexOfAnyExcept(character);
            run = end < 0 ? bytes.Length - at : end;
            run = run < RunMin ? 1 : run;
            bool plain = char.IsAsciiLetterOrDigit(character) || character is '.' or '/' or '-' or '_';
            escaped.Append(run > 1 ? $"\\[{run}]" : "").Append(plain ? character.ToString() : $"\\x{(int)character:x2}");
        }

        return escaped.ToString();
    }

    private static string Unescape(string text)
    {
        StringBuilder bytes = new();
        for (int at = 0, run = 1; at < text.Length; at++)
        {
            if (text.AsSpan(at).StartsWith("\\["))
            {
                int close = text.IndexOf(']', at);
                run = int.Parse(text.AsSpan((at + 2)..close), CultureInfo.InvariantCulture);
                at = close;
                continue;
            }

            bool escaped = text[at] == '\\';
            bytes.Append(escaped ? (char)int.Parse(text.AsSpan(at + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : text[at], run);
            (at, run) = (at + (escaped ? 3 : 0), 1);
        }

        return bytes.ToString();
    }

    private static long Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? long.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : long.Parse(text, CultureInfo.InvariantCulture);
}
