using System.Net;
using System.Text.Json;
using KafkaFs.Hosting.Status;
using KafkaFs.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace KafkaFs.Hosting.Tests.Status;

/// <summary>The endpoints behind a real web server on a port of its own.</summary>
public sealed class HealthEndpointsTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private readonly HttpClient _http = new();
    private readonly HostStatus _status;
    private readonly WebApplication _application;

    public HealthEndpointsTests()
    {
        _status = new HostStatus(_clock);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        _application = builder.Build();
        _application.UseRouting();
        _application.MapHealth(_status);
    }

    public async ValueTask InitializeAsync()
    {
        await _application.StartAsync(TestContext.Current.CancellationToken);
        _http.BaseAddress = new Uri(_application.Urls.Single());
    }

    [Theory]
    [InlineData(HostState.Starting, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK)]
    [InlineData(HostState.CatchingUp, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK)]
    [InlineData(HostState.Ready, HttpStatusCode.OK, HttpStatusCode.OK)]
    [InlineData(HostState.Stalled, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK)]
    [InlineData(HostState.Stopping, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK)]
    [InlineData(HostState.Refused, HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable)]
    public async Task EachStateHasItsAnswers(HostState state, HttpStatusCode ready, HttpStatusCode live)
    {
        _status.Set(state, "words for people");
        Assert.Equal((ready, live), ((await AskAsync("/health/ready")).Code, (await AskAsync("/health/live")).Code));
    }

    [Fact]
    public async Task AReadyHostThatIsFarBehindIsNotReadyAndSaysByHowMuch()
    {
        _status.Set(HostState.Ready, "mounted on /mnt");
        _status.SetPosition(7, 0);
        _status.SetEnd(7);
        _status.SetEnd(9);
        _clock.Advance(31.5);
        (HttpStatusCode code, JsonElement body) = await AskAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.Equal(
            (false, "Ready", "mounted on /mnt", 7, 9, 2, 31.5),
            (body.GetProperty("healthy").GetBoolean(), body.GetProperty("state").GetString(), body.GetProperty("words").GetString(),
                body.GetProperty("appliedOffset").GetInt64(), body.GetProperty("endOffset").GetInt64(), body.GetProperty("lagRecords").GetInt64(), body.GetProperty("lagSeconds").GetDouble()));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _application.DisposeAsync();
    }

    private async Task<(HttpStatusCode Code, JsonElement Body)> AskAsync(string path)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }
}
