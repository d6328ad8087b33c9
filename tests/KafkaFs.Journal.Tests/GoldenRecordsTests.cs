using Google.Protobuf;
using KafkaFs.Journal.Protobuf;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Journal.Tests;

/// <summary>
/// The bytes of one record of each kind as the first version wrote them. They are decoded for ever: a change of this file is a
/// change of the format. A new kind adds a line.
/// </summary>
public sealed class GoldenRecordsTests
{
    private static string GoldenPath => Path.Combine(Environments.Repository, "tests/KafkaFs.TestKit/Golden/records-level1.txt");

    [Fact]
    public void EveryGoldenRecordDecodesToTheSameFieldsAndEncodesToTheSameBytes()
    {
        string[] expected = [.. SampleRecords.All().Select(sample => $"{sample.ChangeCase} {Convert.ToHexString(sample.ToByteArray())}")];
        string[] golden = File.ReadAllLines(GoldenPath);
        Assert.Equal(golden, expected);
        foreach (string line in golden)
        {
            byte[] bytes = Convert.FromHexString(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            Assert.Equal(bytes, SampleRecords.RoundTrip(bytes));
            Assert.Equal(line[..line.IndexOf(' ', StringComparison.Ordinal)], FuseChange.Parser.ParseFrom(bytes).ChangeCase.ToString());
        }
    }
}
