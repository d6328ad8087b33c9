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
public static class KafkaFsHost
{
    /// <summary>How long a stop may take: draining a mount and writing the checkpoint.</summary>
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromMinutes(5);

    /// <summary>Runs a host until it is stopped, and returns its exit code. Wrong settings are reported on the error output.</summary>
    public static async Task<int> RunAsync<TWorker>(HostRole role, string[] arguments)
        where TWorker : HostWorker
    {
        IConfiguration configuration = Configure(arguments);
        HostSettings settings;
        try
        {
            settings = HostSettingsBinder.Bind(configuration, role);
        }
        catch (SettingsException exception)
        {
            await Console.Error.WriteLineAsync($"kafkafs: {exception.Message}").ConfigureAwait(false);
            return ExitCode.Configuration;
        }

        try
        {
            using IHost host = Build<TWorker>(settings, configuration);
            TWorker worker = host.Services.GetServices<IHostedService>().OfType<TWorker>().Single();
            await host.RunAsync().ConfigureAwait(false);
            return worker.Result;
        }
        catch (IOException exception) when (settings.HttpUrls.Length > 0)
        {
            await Console.Error.WriteLineAsync($"kafkafs: {settings.HttpUrls} cannot be served ({exception.Message}): change KafkaFs:Http:Urls").ConfigureAwait(false);
            return ExitCode.Configuration;
        }
    }

    private static IConfigurationRoot Configure(string[] arguments) => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
        .AddJsonFile("/etc/kafkafs/appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .AddCommandLine(arguments)
        .Build();

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
        bool systemd = SystemdHelpers.IsSystemdService();
        builder.Logging.AddConfiguration(configuration.GetSection("Logging"));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (systemd)
        {
            // Not UseSystemd(): it says READY when the host starts, long before the mount is there.
            services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
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
        services.AddSingleton(provider => new HostStatus(provider.GetRequiredService<TimeProvider>(), provider.GetService<ISystemdNotifier>()));
        services.AddSingleton<KafkaFsMetrics>();
        services.AddSingleton<IJournalProvider>(provider => JournalProviders.Create(settings, provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService<TWorker>();
    }
}
