using System.Security.Cryptography;
using System.Text;
using KafkaFs.Posix.Files;

namespace KafkaFs.Hosting.Configuration;

/// <summary>What a replica is called among others, unless its settings name it: for people, who see it as a consumer group.</summary>
internal static class ReplicaName
{
    private const int IdBytes = 4;

    /// <summary>`kafkafs-HOST-ID`: the same as long as host name and path of the data root are.</summary>
    public static string Of(string dataRoot)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(dataRoot.Length == 0 ? "" : RealPath.Of(dataRoot)));
        return $"kafkafs-{Environment.MachineName}-{Convert.ToHexStringLower(hash.AsSpan(0, IdBytes))}";
    }
}
