using System.Text.Json;
using Google.Protobuf;
using KafkaFs.Cli.Log;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Protobuf;
using Xunit;

namespace KafkaFs.Cli.Tests;

public sealed class RecordPrinterTests
{
    [Theory]
    [InlineData(new byte[] { 0xff, 0x00 }, "ff00")]
    [InlineData(new byte[0], "")]
    [InlineData(new byte[] { 0xf2, 0x3f, 0x01, 0x41 }, "f23f0141")] // an unknown field, which protobuf reads as an empty change
    public void BytesThatAreNoRecordAreADefectWithTheirBytes(byte[] bytes, string hex)
    {
        JsonElement line = Print(bytes);
        Assert.Equal(JsonValueKind.Null, line.GetProperty("change").ValueKind);
        Assert.NotEmpty(line.GetProperty("defect").GetString()!);
        Assert.Equal(hex, line.GetProperty("hex").GetString());
    }

    [Fact]
    public void ARecordIsItsChange()
    {
        FuseChange change = new() { Header = new Header { Session = 1, Sequence = 2 }, Unlink = new Unlink { Parent = 1, Name = ByteString.CopyFromUtf8("x") } };
        JsonElement line = Print(change.ToByteArray());
        Assert.False(line.TryGetProperty("defect", out JsonElement defect), defect.ToString());
        Assert.Equal("eA==", line.GetProperty("change").GetProperty("unlink").GetProperty("name").GetString());
    }

    private static JsonElement Print(byte[] bytes)
    {
        using StringWriter output = new();
        new RecordPrinter(output, json: true, withData: false).Print(new JournalRecord(7, 8, bytes));
        return JsonDocument.Parse(output.ToString()).RootElement;
    }
}
