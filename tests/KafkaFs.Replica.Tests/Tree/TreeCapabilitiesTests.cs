using KafkaFs.Posix.Files;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>What a tree needs of the machine is asked at the start, not by a stall later.</summary>
public sealed class TreeCapabilitiesTests
{
    [Theory]
    [InlineData(0, "CAP_CHOWN")]
    [InlineData(1, "CAP_DAC_OVERRIDE")]
    [InlineData(2, "CAP_DAC_READ_SEARCH")]
    [InlineData(3, "CAP_FOWNER")]
    [InlineData(4, "CAP_FSETID")]
    [InlineData(21, "CAP_SYS_ADMIN")]
    [InlineData(27, "CAP_MKNOD")]
    [InlineData(31, "CAP_SETFCAP")]
    public void WhatIsMissingIsNamed(int bit, string name)
    {
        Assert.Equal([name], TreeCapabilities.Missing(~(1ul << bit), isInUserNamespace: false));
        Assert.Empty(TreeCapabilities.Missing(~0ul, isInUserNamespace: false));
        Assert.NotEmpty(TreeCapabilities.Missing(~0ul, isInUserNamespace: true));
    }

    [Fact]
    public void ThisProcessKnowsItsCapabilities() =>
        Assert.Equal(Environment.IsPrivilegedProcess, (ProcessCalls.EffectiveCapabilities & 1) != 0);

    [Fact]
    public void FullOwnershipThatWasAskedForIsRefusedByName()
    {
        using TemporaryFolder folder = new();
        using DataRoot root = DataRoot.Open(folder["root"]);
        DataRootException refused = Assert.Throws<DataRootException>(() => DataTree.Open(root, TreeOwnership.Full, ["CAP_MKNOD", "CAP_SETFCAP"]));
        Assert.Equal(DataRootProblem.Unusable, refused.Problem);
        Assert.Contains("CAP_MKNOD, CAP_SETFCAP", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OwnershipThatMayBeChosenFollowsTheCapabilitiesAndSaysSo()
    {
        Environments.RequireRoot();
        using TemporaryFolder folder = new();
        using DataRoot root = DataRoot.Open(folder["root"]);
        using (DataTree tree = DataTree.Open(root, null, ["CAP_MKNOD"]))
        {
            Assert.Equal(TreeOwnership.Namespace, tree.Ownership);
            Assert.Contains("CAP_MKNOD", Assert.Single(tree.Warnings), StringComparison.Ordinal);
        }

        using (DataTree tree = DataTree.Open(root, null, []))
        {
            Assert.Equal(TreeOwnership.Full, tree.Ownership);
            Assert.Empty(tree.Warnings);
        }
    }
}
