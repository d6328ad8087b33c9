namespace KafkaFs.Differential.Generation;

/// <summary>Few names, so that calls meet: plain ones, odd bytes, the longest there may be and a longer one. One character a byte.</summary>
internal static class NamePool
{
    private static readonly string[] s_names =
    [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", ".hidden", "with space", "\xff\xfe\x80", "\xc3\xa9",
        "new\nline", "back\\slash", new string('L', 255), new string('\xee', 255),
    ];

    private static readonly string s_tooLong = new('T', 256);

    public static string Pick(Dice dice) => dice.Below(200) == 0 ? s_tooLong : dice.Pick(s_names);
}
