using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.MasterHost;

/// <summary>A mount that cannot be made, as a failure of the host.</summary>
internal static class FuseFailure
{
    public static HostFailedException ToHostFailure(FuseUnavailableException exception) => new(
        exception.Problem == FuseProblem.Mountpoint ? ExitCode.MountpointUnusable : ExitCode.FuseUnavailable, exception.Message);
}
