namespace KafkaFs.Differential.Sides;

/// <summary>What a call gave: an errno or a value; <see cref="Bytes"/> of the side's buffer belong to it until its next call.</summary>
internal readonly record struct Outcome(int Errno, long Value, int Bytes = 0, StatFields? Stat = null)
{
    public bool Succeeded => Errno == 0;

    public override string ToString() => Errno != 0 ? $"errno {Errno}" : Stat is { } stat ? $"{Value} {stat}" : $"{Value}";
}
