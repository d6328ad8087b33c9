using System.Globalization;
using System.Text;

namespace KafkaFs.Cli.Compare;

/// <summary>Names are bytes: what a terminal cannot show is written as \xNN.</summary>
internal static class EscapedName
{
    public static string Of(ReadOnlySpan<byte> name)
    {
        if (IsPlain(name))
        {
            return Encoding.UTF8.GetString(name);
        }

        StringBuilder text = new();
        foreach (byte value in name)
        {
            if (value is >= 0x20 and < 0x7f and not (byte)'\\')
            {
                text.Append((char)value);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            }
        }

        return text.ToString();
    }

    private static bool IsPlain(ReadOnlySpan<byte> name)
    {
        foreach (byte value in name)
        {
            if (value is < 0x20 or 0x7f or (byte)'\\')
            {
                return false;
            }
        }

        return System.Text.Unicode.Utf8.IsValid(name);
    }
}
