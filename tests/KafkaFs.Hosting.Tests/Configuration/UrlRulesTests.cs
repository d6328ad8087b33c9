using System.Net.Sockets;
using KafkaFs.Hosting.Configuration;
using Xunit;

namespace KafkaFs.Hosting.Tests.Configuration;

[Collection("the process's environment")]
public sealed class UrlRulesTests
{
    [Fact]
    public void OfHostsThatStartAtOnceOneHasTheDefaultUrlAndTheOthersSayThatTheyHaveNot()
    {
        using TcpListener somewhere = new(System.Net.IPAddress.Loopback, 0);
        somewhere.Start();
        string url = $"http://{somewhere.LocalEndpoint}";
        somewhere.Stop();
        (HostSettings settings, Socket? listener)[] hosts = [.. Enumerable.Range(0, 3).AsParallel().WithDegreeOfParallelism(3).Select(_ => UrlRules.ClaimDefault(Settings(url, isDefault: true)))];
        try
        {
            Assert.Equal(["", "", url], hosts.Select(host => host.settings.HttpUrls).Order(StringComparer.Ordinal));
            Assert.All(hosts, host => Assert.Equal(host.listener is null, host.settings.Warnings.Any(words => words.Contains(url, StringComparison.Ordinal))));
        }
        finally
        {
            Assert.Single(hosts, host => host.listener is not null).listener!.Dispose();
        }
    }

    [Fact]
    public void AUrlThatSomebodyHasNamedIsLeftToTheWebServer()
    {
        HostSettings named = Settings("http://127.0.0.1:1", isDefault: false);
        Assert.Equal((named, null), UrlRules.ClaimDefault(named));
    }

    private static HostSettings Settings(string url, bool isDefault) =>
        HostSettingsBinder.Bind(HostConfiguration.Load(new HostInstance(HostRole.Slave), ["--KafkaFs:DataRoot=/d", "--KafkaFs:Journal:Provider=embedded", "--KafkaFs:Journal:Embedded:File=/j"]), HostRole.Slave)
            with
        { HttpUrls = url, HttpUrlsAreDefault = isDefault };
}
