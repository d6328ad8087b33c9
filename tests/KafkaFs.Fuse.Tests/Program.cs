using KafkaFs.Fuse.Tests.Mount;
using Xunit.Runner.InProc.SystemConsole;

return args is [ServerProcess.Command, string mountpoint] ? await ServerProcess.RunAsync(mountpoint) : await ConsoleRunner.Run(args);
