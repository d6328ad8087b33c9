using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using Xunit;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>kill -9 of master and slave, together and apart, also while they recover, under work of several workers.</summary>
public abstract class KillRoundTests
{
    /// <summary>See <see cref="TestSetting"/> for more rounds, and for the seed of one that failed.</summary>
    [Fact]
    public async Task G2_G3_WhatWasAnsweredSurvivesKillNineOfEither()
    {
        using Setup setup = NewSetup();
        int rounds = TestSetting.Rounds, seed = TestSetting.Seed;
        string words = $"{GetType().Name}: {rounds} rounds of KAFKAFS_TEST_SEED={seed}";
        TestSetting.Say(words);
        Random random = new(seed);
        KillRounds hosts = new(setup, random);
        await hosts.ReadyAsync();
        using Load load = new(setup.Mount, seed);
        try
        {
            for (int round = 0; round < rounds; round++)
            {
                await Task.Delay(random.Next(50, 600), TestContext.Current.CancellationToken);
                if (await hosts.RoundAsync())
                {
                    load.Mounted(setup.Mount);
                }

                load.ThrowIfFailed();
            }

            await Task.Delay(200, TestContext.Current.CancellationToken);
            load.StopAndCheck(setup.Mount);
            await setup.EqualAsync(hosts.Master, hosts.Slave);
            Assert.Equal(0, hosts.Master.Stop());
            Assert.Equal(0, hosts.Slave.Stop());
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{words}: {hosts.Summary}: {exception.Message}\n{setup.LastWords}", exception);
        }

        TestSetting.Say($"{words}: {hosts.Summary}, {load.Answered} answered calls checked, of the unknown ones {load.Unknown.Done} were done and {load.Unknown.NotDone} not, {load.Shared.Lines} lines of the shared log");
    }

    private protected abstract Setup NewSetup();
}

public sealed class EmbeddedKillRoundTests : KillRoundTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Embedded();
    }
}

[Trait("Tier", "broker")]
public sealed class KafkaKillRoundTests(BrokerFixture fixture) : KillRoundTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
    }
}
