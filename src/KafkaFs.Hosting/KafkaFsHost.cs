using System.Net.Sockets;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Hosting.Metrics;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;

namespace KafkaFs.Hosting;

/// <summary>What both hosts share: configuration, logging, health and metrics around one worker.</summary>
public static partial class KafkaFsHost
{
    /// <summary>How long a stop may take: draining a mount and writing the checkpoint.</summary>
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Runs a host until it is stopped, and returns its exit code. What keeps it from starting is one message on the error output, and
    /// nothing has been changed then.
    /// </summary>
    public static async Task<int> RunAsync<TWorker>(HostRole role, string[] arguments)
        where TWorker : HostWorker
    {
        if (arguments is ["--help"] or ["-h"])
        {
            Console.WriteLine(HostUsage.Of(role));
            return ExitCode.Success;
        }

        try
        {
            IConfiguration configuration = HostConfiguration.Load(role, arguments);
            HostSettings settings = HostSettingsBinder.Bind(configuration, role);
            using IHost host = Build<TWorker>(settings, configuration);
            Warn(host.Services.GetRequiredService<ILoggerFactory>(), [.. settings.Warnings, .. SecretFile.Warnings(HostConfiguration.FilesWithSecrets(role))]);
            TWorker worker = host.Services.GetServices<IHostedService>().OfType<TWorker>().Single();
            await StartAsync(host, settings).ConfigureAwait(false);
            await host.WaitForShutdownAsync().ConfigureAwait(false);
            return worker.Result;
        }
        catch (Exception exception) when (exception is SettingsException or HostFailedException)
        {
            (int code, string? words) = FailureReport.Describe(exception);
            await Console.Error.WriteLineAsync($"kafkafs: {words}").ConfigureAwait(false);
            return code;
        }
    }

    private static void Warn(ILoggerFactory loggers, IEnumerable<string> warnings)
    {
        ILogger logger = loggers.CreateLogger("KafkaFs.Settings");
        foreach (string warning in warnings)
        {
            LogWarning(logger, warning);
        }
    }

    // The worker waits until this is done, so all that can fail here is the web server.
    private static async Task StartAsync(IHost host, HostSettings settings)
    {
        try
        {
            await host.StartAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or InvalidOperationException)
        {
            throw new HostFailedException(
                ExitCode.Configuration, $"{settings.HttpUrls} cannot be served ({exception.Message.TrimEnd('.')}): change KafkaFs:Http:Urls");
        }
    }

    private static IHost Build<TWorker>(HostSettings settings, IConfiguration configuration)
        where TWorker : HostWorker
    {
        if (settings.HttpUrls.Length == 0)
        {
            HostApplicationBuilder plain = Host.CreateEmptyApplicationBuilder(null);
            AddServices<TWorker>(plain, settings, configuration);
            return plain.Build();
        }

        WebApplicationBuilder web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        web.WebHost.UseKestrelCore().UseUrls(settings.HttpUrls.Split(';'));
        web.Services.AddRoutingCore();
        AddServices<TWorker>(web, settings, configuration);
        web.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(KafkaFsMetrics.MeterName, "System.Runtime")
            .AddPrometheusExporter());
        WebApplication application = web.Build();
        application.UseRouting();
        application.MapHealth(application.Services.GetRequiredService<HostStatus>());
        application.MapPrometheusScrapingEndpoint();
        return application;
    }

    private static void AddServices<TWorker>(IHostApplicationBuilder builder, HostSettings settings, IConfiguration configuration)
        where TWorker : HostWorker
    {
        IServiceCollection services = builder.Services;
        builder.Configuration.AddConfiguration(configuration);
        builder.Logging.AddConfiguration(configuration.GetSection("Logging"));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // What ends a host is said once, by us, without a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (SystemdHelpers.IsSystemdService())
        {
            builder.Logging.AddSystemdConsole();
        }
        else
        {
            builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.ColorBehavior) =
                (true, "HH:mm:ss.fff ", Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default));
        }

        services.Configure<HostOptions>(options => options.ShutdownTimeout = s_stopLimit);
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new HostStatus(
            TimeProvider.System, provider.GetService<ServiceNotices>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger("KafkaFs.Status")));
        // Not UseSystemd(): it says READY when the host starts, long before the mount is there.
        if (ServiceNotices.OfThisProcess(TimeProvider.System) is ServiceNotices notices)
        {
            services.AddSingleton(notices);
            services.AddHostedService<ServiceWatchdog>();
        }

        services.AddSingleton<KafkaFsMetrics>();
        services.AddSingleton<IJournalProvider>(provider => JournalProviders.Create(settings, provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService<TWorker>();
    }

    [LoggerMessage(5020, LogLevel.Warning, "{Words}")]
    private static partial void LogWarning(ILogger logger, string words);
}
