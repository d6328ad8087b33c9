using KafkaFs.Cli.Demo;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Cli.Tests;

public sealed class SourceTreeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void DirectoriesFilesAndLinksAreCopiedAndNothingIsOpenedOrFollowed()
    {
        ToolProcess.Shell($"""
            cd {_folder.Path}; mkdir -p from/empty from/full from/own/x to; echo 12345 > from/full/file; chmod 440 from/full/file
            ln -s full from/link; ln -s / from/all; mkfifo from/fifo; printf x > from/$'\xff'
            """);
        SourceTree source = new(_folder["from"], except: _folder["from/own"]);
        DemoWork work = new(_folder["to"], TestContext.Current.CancellationToken);
        double share = 0;
        work.CopyIn(source, _folder["from"], done => share = done);
        ToolProcess.Shell($"rm {_folder.Path}/from/$'\\xff'");
        Assert.Equal((3, 6, 2, 1), (work.Files, work.Bytes, work.Skipped, share));
        Assert.Equal(
            "./all -> /\n./empty -> \n./full -> \n./full/file -> \n./link -> full\n",
            ToolProcess.Shell($"cd {_folder["to"]}/tree; find . -mindepth 1 -printf '%p -> %l\\n' | LC_ALL=C sort"));
        Assert.Equal("440\n", ToolProcess.Shell($"stat -c %a {_folder["to"]}/tree/full/file"));
    }

    public void Dispose() => _folder.Dispose();
}
