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
    /// <param name="isService">Else a command of people, which has no settings files and no name.</param>
    public static async Task<int> RunAsync<TWorker>(HostRole role, string[] arguments, bool isService)
        where TWorker : HostWorker
    {
        try
        {
            HostInstance instance = isService ? HostInstance.OfThisProcess(role) : new HostInstance(role) { HasFiles = false };
            if (arguments is ["--help"] or ["-h"])
            {
                Console.WriteLine(HostUsage.Of(instance));
                return ExitCode.Success;
            }

            IReadOnlyList<SettingsLayer> layers = HostConfiguration.Layers(instance, arguments);
            (HostSettings settings, Socket? listener) = UrlRules.ClaimDefault(HostSettingsBinder.Bind(layers, role));
            using Socket? claimed = listener;
            using IHost host = Build<TWorker>(instance, settings, HostConfiguration.Merge(layers), claimed);
            Warn(host.Services.GetRequiredService<ILoggerFactory>(), HostConfiguration.Warnings(instance, settings));
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

    private static IHost Build<TWorker>(HostInstance instance, HostSettings settings, IConfiguration configuration, Socket? listener)
        where TWorker : HostWorker
    {
        if (settings.HttpUrls.Length == 0)
        {
            HostApplicationBuilder plain = Host.CreateEmptyApplicationBuilder(null);
            AddServices<TWorker>(plain, instance, settings, configuration);
            return plain.Build();
        }

        WebApplicationBuilder web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        web.WebHost.UseKestrelCore();
        if (listener is not null)
        {
            web.WebHost.ConfigureKestrel(server => server.ListenHandle((ulong)listener.Handle));
        }
        else
        {
            web.WebHost.UseUrls(settings.HttpUrls.Split(';'));
        }

        web.Services.AddRoutingCore();
        AddServices<TWorker>(web, instance, settings, configuration);
        web.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(KafkaFsMetrics.MeterName, "System.Runtime")
            // Only histograms and summaries have names that end in _count (promtool check metrics).
            .AddView("dotnet.assembly.count", "dotnet.assemblies")
            .AddView("dotnet.process.cpu.count", "dotnet.process.cpus")
            .AddView("dotnet.timer.count", "dotnet.timers")
            .AddPrometheusExporter());
        WebApplication application = web.Build();
        application.UseRouting();
        application.MapHealth(application.Services.GetRequiredService<HostStatus>());
        application.MapPrometheusScrapingEndpoint();
        return application;
    }

    private static void AddServices<TWorker>(IHostApplicationBuilder builder, HostInstance instance, HostSettings settings, IConfiguration configuration)
        where TWorker : HostWorker
    {
        IServiceCollection services = builder.Services;
        builder.Configuration.AddConfiguration(configuration);
        LastError lastError = new(TimeProvider.System);
        AddLogging(builder.Logging, configuration, lastError);
        services.Configure<HostOptions>(options => options.ShutdownTimeout = s_stopLimit);
        services.AddSingleton(instance);
        services.AddSingleton(lastError);
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

        services.AddSingleton(provider =>
        {
            KafkaFsMetrics metrics = new(provider.GetRequiredService<HostStatus>());
            metrics.Observe(instance, settings, lastError);
            return metrics;
        });
        services.AddSingleton<IJournalProvider>(provider => JournalProviders.Create(settings, provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService<HostReporting>();
        services.AddHostedService<TWorker>();
    }

    private static void AddLogging(ILoggingBuilder logging, IConfiguration configuration, LastError lastError)
    {
        logging.AddConfiguration(configuration.GetSection("Logging"));
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // What ends a host is said once, by us, without a stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddProvider(lastError);
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (SystemdHelpers.IsSystemdService())
        {
            logging.AddSystemdConsole();
        }
        else
        {
            logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.ColorBehavior) =
                (true, "HH:mm:ss.fff ", Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default));
        }

        LimitRepeats(logging.Services);
    }

    private static void LimitRepeats(IServiceCollection services)
    {
        services.Remove(services.Single(static service => service.ImplementationType == typeof(ConsoleLoggerProvider)));
        services.AddSingleton<ILoggerProvider>(static provider => new RepeatLimiter(ActivatorUtilities.CreateInstance<ConsoleLoggerProvider>(provider), TimeProvider.System));
    }

    [LoggerMessage(5003, LogLevel.Warning, "{Words}")]
    private static partial void LogWarning(ILogger logger, string words);
}
