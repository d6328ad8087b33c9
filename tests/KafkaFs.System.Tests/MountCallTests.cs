using System.Globalization;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>A master with a mount and a slave, for all tests of a class; each test works in a directory of its own.</summary>
public sealed class MountFixture : IAsyncLifetime
{
    private Setup? _setup;

    internal Setup Setup => _setup!;

    internal HostUnderTest Master { get; private set; } = null!;

    internal HostUnderTest Slave { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _setup = Setup.Embedded();
        Master = await Setup.Master().ReadyAsync();
        Slave = await Setup.Slave().ReadyAsync();
    }

    public ValueTask DisposeAsync()
    {
        _setup?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The calls of the mount one by one: errors as local filesystems give them, and the slave's tree equal afterwards.</summary>
public sealed class MountCallTests(MountFixture fixture) : IClassFixture<MountFixture>
{
    // System calls that no program of the shell makes; each prints its result, or the errno after a minus. x86-64.
    private const string Calls = """
        renameat2() { perl -e 'print syscall(316,-100,$ARGV[0],-100,$ARGV[1],$ARGV[2]+0)==0 ? "ok ":(-$!)." "' -- "$@"; }
        setxattr() { perl -e 'print syscall(189,$ARGV[0],$ARGV[1],"$ARGV[2]",length $ARGV[2],$ARGV[3]+0)==0 ? "ok ":(-$!)." "' -- "$@"; }
        getxattr() { perl -e '$b="\0" x 4096; $r=syscall(191,$ARGV[0],$ARGV[1],$b,$ARGV[2]+0); print $r>=0 ? "$r ":(-$!)." "' -- "$@"; }
        removexattr() { perl -e 'print syscall(198,$ARGV[0],$ARGV[1])==0 ? "ok ":(-$!)." "' -- "$@"; }
        acl() { perl -e '$v=pack("V",2).join("",map{pack("vvV",$_,4,0xffffffff)}(1,4,32)); $n="system.posix_acl_access"; print syscall(188,$ARGV[0],$n,$v,length $v,0)==0 ? "ok ":(-$!)." "' -- "$@"; }
        seek() { perl -e 'open F,"<",$ARGV[0]; $r=syscall(8,fileno F,$ARGV[1]+0,$ARGV[2]+0); print $r>=0 ? "$r ":(-$!)." "' -- "$@"; }
        ordinary() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

        """;

    [Fact]
    public Task Renames() => EqualAsync("ok -17 ok ok -2 ok ok -22 -22 2 b2 b\n", """
        echo a > a; echo b > b; mkdir d
        renameat2 a a 0; renameat2 a b 1; renameat2 a c 1
        renameat2 c d 2; renameat2 b missing 2; renameat2 c d 2
        ln b b2; renameat2 b b2 0; renameat2 b c2 4; renameat2 b c 3
        echo $(ls b b2 | wc -l) b2 b
        """);

    // One write(2) that the kernel cuts in pieces.
    [Fact]
    public Task ALongDirectAppendIsInItsOrder() => EqualAsync("equal\n", """
        head -c 5M /dev/urandom > all
        for i in $(seq 10); do dd if=all of=appended bs=5M oflag=append,direct conv=notrunc status=none; cmp all appended; rm appended; done
        rm all; echo equal
        """);

    [Fact]
    public Task AllocationsHaveTheBytesThatTheyPromise() => EqualAsync("100000\n200000\n250000\n", """
        head -c 100000 /dev/urandom > f; cat f > ../../reference
        zero() { dd if=/dev/zero of=../../reference bs=1 seek=$1 count=$2 conv=notrunc status=none; }
        fallocate -p -o 10001 -l 50000 f; zero 10001 50000; cmp f ../../reference
        fallocate -z -o 70000 -l 10 f; zero 70000 10; cmp f ../../reference
        fallocate -n -l 200000 f; stat -c %s f; cmp f ../../reference
        fallocate -l 200000 f; stat -c %s f; truncate -s 200000 ../../reference; cmp f ../../reference
        fallocate -z -o 199000 -l 51000 f; stat -c %s f; truncate -s 250000 ../../reference; cmp f ../../reference
        ! fallocate -c -o 0 -l 4096 f 2>/dev/null; rm ../../reference
        """);

    [Fact]
    public Task HolesAndDataAreFound() => EqualAsync("524288 0 528384 1048575 -6 ", """
        truncate -s 1M f; dd if=/dev/urandom of=f bs=4096 seek=128 count=1 conv=notrunc status=none
        seek f 0 3; seek f 0 4; seek f 524288 4; seek f 1048575 4; seek f 1048576 3
        """);

    [Fact]
    public Task SpecialFilesKeepTypeModeAndDevice() => EqualAsync("""
        fifo 644 0:0
        character special file 640 a:c8
        block special file 600 103:11170
        socket 755 0:0

        """, """
        mkfifo p; mknod -m 640 c c 10 200; mknod -m 600 b b 259 70000
        perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un("s")) or die $!'
        stat -c '%F %a %t:%T' p c b s
        """);

    [Fact]
    public Task SuidGoesByWhatAnOrdinaryUserDoesAndByChown() => EqualAsync("777\n777\n777\n777\n6777\n6777\n755\n", """
        f() { rm -f f; echo content > f; chmod 6777 f; }
        f; ordinary bash -c 'echo x >> f'; stat -c %a f
        f; ordinary truncate -s 3 f; stat -c %a f
        f; ordinary bash -c ': > f'; stat -c %a f
        f; ordinary fallocate -l 100 f; stat -c %a f
        f; echo x >> f; stat -c %a f
        f; fallocate -l 100 f; stat -c %a f
        chmod 6755 f; chown 1:1 f; stat -c %a f
        """);

    [Fact]
    public Task SuidGoesByAChownThatChangesNoOwnerAndFromSpecialFiles() => EqualAsync("755\n755\n4755\n", """
        echo content > f; mkfifo p; mkdir d; chmod 4755 f p d
        perl -e 'chown(-1,-1,"f")==1 && chown(-1,-1,"d")==1 or die $!'; chown 1:1 p
        stat -c %a f p d
        """);

    [Fact]
    public Task ASetgidDirectoryHandsDownItsGroup() => EqualAsync("2755 1234\n644 1234\n", """
        chown 0:1234 .; chmod 2775 .; mkdir sub; echo x > f; stat -c '%a %g' sub f
        """);

    [Fact]
    public Task XattrErrors() => EqualAsync("ok -17 -61 ok -34 2 2 ok -61 -61 -1 -95 -95 -28 \n", """
        echo x > f; ln -s f link
        setxattr f user.a v 1; setxattr f user.a v 1; setxattr f user.b v 2; setxattr f user.a vv 2
        getxattr f user.a 1; getxattr f user.a 0; getxattr f user.a 100
        removexattr f user.a; removexattr f user.a; getxattr f user.a 100
        setxattr link user.a v 0; acl f; setxattr f other.a v 0
        setxattr f user.big "$(printf '%04000d' 0)" 0; echo
        """);

    [Fact] // xattr(7)
    public Task TrustedXattrsAreShownToRootAlone() => EqualAsync("17 7\n", """
        list() { "$@" perl -e '$b="\0" x 4096; $f="f"; print syscall(194,$f,$b,4096)'; }
        echo x > f; setfattr -n user.a -v v f; setfattr -n trusted.t -v v f; echo $(list env) $(list ordinary)
        """);

    [Fact]
    public async Task TheSpaceIsThatOfTheTreesDisk()
    {
        await EqualAsync("255\n", "stat -f -c %l .");
        string blocks = $"stat -f -c '%b %S' ";
        Assert.Equal(ToolProcess.Shell(blocks + fixture.Setup["m"]), ToolProcess.Shell(blocks + fixture.Setup.Mount));
    }

    // read(2) into the mapping writes to it.
    [Fact]
    public Task SharedMappingsAreWritten() => EqualAsync("12345678ab\n", """
        echo abcdefghab > f; printf 12345678 > ../../source
        perl -e 'open F,"+<","f"; open S,"<","../../source"; $a=syscall(9,0,4096,3,1,fileno F,0); $a>0 or die $!;
          syscall(0,fileno S,$a,8)==8 or die $!; syscall(26,$a,4096,4)==0 or die $!'
        cat f; rm ../../source
        """);

    [Fact]
    public Task AChownThatChangesNothingSucceeds() => EqualAsync("5:6\n", """
        echo x > f; chown 5:6 f; perl -e 'chown(-1,-1,"f")==1 or die $!'; stat -c %u:%g f
        """);

    [Fact]
    public Task EveryCallOnAnUnlinkedFileTakesEffect() => EqualAsync("user.a=\"v\"\nuser.b=\"w\"\n01\n4 0\n0 0\n755\n", """
        echo 0123456789 > f; setfattr -n user.a -v v f; chmod 4777 f; exec 3<>f; rm f; g=/proc/self/fd/3
        setfattr -n user.b -v w $g; getfattr -d --absolute-names $g | grep user
        fallocate -p -o 2 -l 3 $g; truncate -s 4 $g; tr -d '\0' < $g; echo
        stat -L -c '%s %h' $g; : > $g; stat -L -c '%s %h' $g
        chmod 755 $g; stat -L -c %a $g
        ! fallocate -l 100T $g 2>/dev/null
        """);

    [Fact]
    public Task NamesHave255BytesAndNoMore() => EqualAsync("-36 -36 ok\n", """
        n=$(printf 'n%.0s' {1..255}); echo x > $n; mkdir d$n 2>/dev/null || printf -- '-36 '
        perl -e '(lstat "n$ARGV[0]") or print -$!, " "' $n; test -f $n && echo ok
        """);

    [Fact]
    public Task AnOpenFileGetsAnotherName() => EqualAsync("x\n2\n", """
        exec 3> f; ln f g; echo x >&3; cat g; stat -c %h g
        """);

    [Fact]
    public async Task WhatTheKernelForgetsIsForgotten()
    {
        await EqualAsync("", """
            mkdir -p a/b; for i in $(seq 50); do echo $i > a/b/f$i; done; exec 3< a/b/f1; rm a/b/f1; exec 3<&-; ls -lR > /dev/null
            """);
        Assert.NotEqual(0, await GaugeAsync("known_inodes"));
        for (int attempt = 0; await GaugeAsync("known_inodes") + await GaugeAsync("open_files") + await GaugeAsync("orphans") > 0; attempt++)
        {
            Assert.True(attempt < 100, "The kernel was told of inodes that it never forgets.");
            ToolProcess.Shell("echo 2 > /proc/sys/vm/drop_caches");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private async Task EqualAsync(string output, string script)
    {
        string directory = $"{fixture.Setup.Mount}/{Guid.NewGuid():N}";
        string actual = ToolProcess.Shell($"{Calls}\nmkdir {directory}; cd {directory}\n{script}");
        Assert.Equal(output, actual);
        await fixture.Setup.EqualAsync(fixture.Master, fixture.Slave);
    }

    private async Task<double> GaugeAsync(string queue)
    {
        string metrics = await fixture.Master.AskAsync("/metrics?" + Guid.NewGuid());
        string line = metrics.Split('\n').Single(line => line.StartsWith($"kafkafs_queue_{queue}", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
