using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Hosting.Configuration;

/// <summary>A file that holds a secret: a value, or settings with one. What is said of it names the file and never its content.</summary>
internal static class SecretFile
{
    // A private key is far shorter.
    private const int MaxBytes = 64 * 1024;

    private const uint ReadableByOthers = 4;

    /// <summary>
    /// The whole text, without a newline at its end. False with the reason for a file that cannot be read, is empty, or is longer than 64 KiB.
    /// </summary>
    public static bool TryRead(string path, out string text, out string? problem)
    {
        (text, problem) = ("", null);
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MaxBytes)
            {
                problem = $"'{path}' is longer than {MaxBytes} bytes";
                return false;
            }

            using StreamReader reader = new(file);
            text = WithoutNewline(reader.ReadToEnd());
            problem = text.Length == 0 ? $"'{path}' is empty" : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"'{path}' cannot be read: {exception.Message}";
        }

        return problem is null;
    }

    /// <summary>A sentence for each of the files that every user of this machine may read.</summary>
    public static IEnumerable<string> Warnings(IEnumerable<string> files) => files
        .Where(IsReadableByOthers)
        .Select(file => $"'{file}' holds a secret and every user of this machine may read it: chmod o-r '{file}'");

    private static bool IsReadableByOthers(string file) =>
        FileCalls.Stat(null, Encoding.UTF8.GetBytes(RealPath.Of(file)), out StatxResult stat) == Errno.None && (stat.Permissions & ReadableByOthers) != 0;

    private static string WithoutNewline(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}
