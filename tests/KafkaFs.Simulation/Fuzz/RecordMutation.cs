namespace KafkaFs.Simulation.Fuzz;

/// <summary>Damages a record in one to three places.</summary>
internal static class RecordMutation
{
    private static readonly byte[] s_hugeVarint = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    private static readonly byte[] s_overlongVarint = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

    /// <param name="other">A record that parts are taken from.</param>
    public static byte[] Mutate(Random random, byte[] record, byte[] other)
    {
        for (int count = random.Next(1, 4); count > 0 && record.Length > 0; count--)
        {
            record = Once(random, record, other);
        }

        return record;
    }

    private static byte[] Once(Random random, byte[] record, byte[] other)
    {
        int at = random.Next(record.Length), end = random.Next(at, record.Length + 1);
        switch (random.Next(8))
        {
            case 0:
                return record[..at];
            case 1:
                return [.. record[..at], .. other[random.Next(other.Length)..]];
            case 2:
                return [.. record[..end], .. record[at..]];
            case 3:
                return [.. record[..at], .. record[end..]];
            case 4:
                return [.. record[..at], .. random.Next(2) == 0 ? s_hugeVarint : s_overlongVarint, .. record[(at + 1)..]];
            case 5:
                int from = random.Next(other.Length);
                return [.. record[..at], .. other[from..random.Next(from, other.Length + 1)], .. record[at..]];
            default:
                byte[] flipped = [.. record];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
        }
    }
}
