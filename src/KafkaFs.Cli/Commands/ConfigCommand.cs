using System.CommandLine;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs config check`, `show` and `schema`: the settings of services, as they would be read now.</summary>
internal static class ConfigCommand
{
    public static Command Create() => new("config", "Look at the settings of the services of this machine, in /etc/kafkafs.")
    {
        Check(),
        Show(),
        Schema(),
    };

    private static Command Check()
    {
        Argument<string> host = Host();
        Command command = new("check", """
            Say whether a service would take its settings, and everything that is wrong with them. Ends with 0 or 78.
            It reads what the service reads, but for what only the unit gives to it (Environment=, EnvironmentFile=, LoadCredential=); the variables
            KafkaFs__... of this shell count instead.

            Examples:
              kafkafs config check slave
              kafkafs config check master@srv-data
            """)
        { host };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(host), static (instance, layers) => Judge(instance, layers)));
        return command;
    }

    private static Command Show()
    {
        Argument<string> host = Host();
        Command command = new("show", """
            Show every setting of a service, and where it comes from: its name, a file, the environment, or the default. Secrets are hidden.
            The environment is that of this shell: what the unit gives to the service (Environment=, EnvironmentFile=) is not seen.

            Example:
              kafkafs config show master@mnt
            """)
        { host };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(host), static (instance, layers) =>
        {
            IReadOnlyList<SettingsReport.Row> rows = SettingsReport.Of(instance.Role, layers);
            int key = rows.Max(static row => row.Key.Length), value = Math.Min(60, rows.Max(static row => row.Value.Length));
            foreach (SettingsReport.Row row in rows)
            {
                Console.Out.WriteLine($"{row.Key.PadRight(key)}  {row.Value.PadRight(value)}  {row.Origin}");
            }

            return Judge(instance, layers, isQuiet: true);
        }));
        return command;
    }

    private static Command Schema()
    {
        Command command = new("schema", "Print the JSON schema of the settings files, for editors: \"$schema\": \"/usr/share/kafkafs/appsettings.schema.json\".");
        command.SetAction(_ =>
        {
            Console.Out.Write(SettingsSchema.Text());
            return ExitCode.Success;
        });
        return command;
    }

    private static Argument<string> Host() => new Argument<string>("HOST") { Description = "master, slave, or an instance: master@mnt, slave@copy" }.RefusingOptions();

    private static int Run(string host, Func<HostInstance, IReadOnlyList<SettingsLayer>, int> action)
    {
        string[] parts = host.Split('@', 2);
        HostRole? role = parts[0] switch { "master" => HostRole.Master, "slave" => HostRole.Slave, _ => null };
        if (role is null)
        {
            Console.Error.WriteLine($"kafkafs: '{host}': master, slave, master@INSTANCE or slave@INSTANCE is wanted");
            return ExitCode.Usage;
        }

        try
        {
            HostInstance instance = HostInstance.Of(role.Value, parts.ElementAtOrDefault(1));
            return action(instance, HostConfiguration.Layers(instance, []));
        }
        catch (SettingsException exception)
        {
            Console.Error.WriteLine($"kafkafs: {exception.Message}");
            return ExitCode.Configuration;
        }
    }

    private static int Judge(HostInstance instance, IReadOnlyList<SettingsLayer> layers, bool isQuiet = false)
    {
        HostSettings settings = HostSettingsBinder.Bind(layers, instance.Role, isRehearsal: true);
        foreach (string warning in HostConfiguration.Warnings(instance, settings))
        {
            Console.Error.WriteLine($"kafkafs: warning: {warning}");
        }

        if (!isQuiet)
        {
            Console.Out.WriteLine($"kafkafs: the settings of {instance.FullName} are valid");
        }

        return ExitCode.Success;
    }
}
