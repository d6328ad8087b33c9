using System.Text.Json;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Rejoin;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Replica.Tests.Rejoin;

/// <summary>The change-over of an adopted data root ends at one place from every state that a crash can leave.</summary>
public sealed class AdoptionSwitchTests : IDisposable
{
    private static readonly JournalIdentity s_former = new("embedded", "", "former"), s_new = new("embedded", "", "new");
    private static readonly AdoptionMark s_mark = new(s_new, "journal file 'j'", "aside-now", IsSeeded: true);

    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly DataRoot _root;

    public AdoptionSwitchTests()
    {
        _root = DataRoot.Open(_folder["root"]);
        _root.WriteStateFile(DataRoot.BindingFile, JsonSerializer.SerializeToUtf8Bytes(s_former));
        foreach (string name in new[] { "index.db", "index.db-wal", "trail", "clean", "master" })
        {
            _root.WriteStateFile(name, "former"u8);
        }

        _root.WriteStateFile("adopted.db", "new"u8);
        s_mark.Write(_root);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mkdir aside-now")]
    [InlineData("mkdir aside-now; mv index.db aside-now/")]
    [InlineData("mkdir aside-now; mv index.db index.db-wal trail aside-now/")]
    [InlineData("mkdir aside-now; mv index.db index.db-wal trail aside-now/; mv adopted.db index.db")]
    [InlineData("mkdir aside-now; mv index.db index.db-wal trail aside-now/; mv adopted.db index.db; echo torn > aside-now/journal.json.new")]
    [InlineData("mkdir aside-now; mv index.db index.db-wal trail aside-now/; mv adopted.db index.db; cp journal.json aside-now/")]
    public void ACrashAnywhereIsFollowedByTheSameEnd(string done)
    {
        TestKit.Processes.ToolProcess.Shell($"cd {_folder["root/.kafkafs"]}; {done}");
        AdoptionSwitch.Run(_root, s_mark);
        Check();
    }

    [Fact]
    public void ACrashBeforeTheMarkIsGoneChangesNothingMore()
    {
        AdoptionSwitch.Run(_root, s_mark);
        s_mark.Write(_root);
        AdoptionSwitch.Run(_root, s_mark);
        Check();
    }

    [Fact]
    public void WhileItIsNotOverNoHostOpensTheDataRoot()
    {
        Assert.Contains("with the same arguments completes it", Assert.Throws<DataRootException>(() => AdoptionMark.Refuse(_root)).Message, StringComparison.Ordinal);
        (s_mark with { IsSeeded = false }).Write(_root);
        Assert.Contains("adopted by journal file 'j' when that was interrupted: delete that", Assert.Throws<DataRootException>(() => AdoptionMark.Refuse(_root)).Message, StringComparison.Ordinal);
        _root.WriteStateFile("adopting", "null"u8);
        Assert.Contains("is damaged", Assert.Throws<DataRootException>(() => AdoptionMark.Refuse(_root)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    private void Check()
    {
        Assert.Equal("new"u8.ToArray(), _root.ReadStateFile("index.db"));
        Assert.Equal(s_new, JsonSerializer.Deserialize<JournalIdentity>(_root.ReadStateFile(DataRoot.BindingFile)));
        Assert.Equal(s_former, JsonSerializer.Deserialize<JournalIdentity>(_root.ReadStateFile($"aside-now/{DataRoot.BindingFile}")));
        Assert.Equal(["clean", "index.db", "journal.json", "lock", "master"], Directory.GetFiles(_folder["root/.kafkafs"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["index.db", "index.db-wal", "trail"], Directory.GetFiles(_folder["root/.kafkafs/aside-now"], "*").Select(Path.GetFileName).Where(name => !name!.StartsWith("journal", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Null(AdoptionMark.Read(_root));
    }
}
