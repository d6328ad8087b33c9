using System.Net;

namespace KafkaFs.Hosting.Configuration;

/// <summary>
/// Where health and metrics may be served: plain HTTP at an address of this machine. Kestrel takes any other host name for
/// "everywhere", which nobody means who writes one.
/// </summary>
internal static class UrlRules
{
    public static void Check(SettingsReader reader, string key, string urls)
    {
        foreach (string url in urls.Split(';'))
        {
            if (!IsServable(url))
            {
                reader.Errors.Add($"{SettingsReader.Name(key)} = '{url}': http://ADDRESS:PORT with an IP address or localhost is wanted, or none");
            }
        }
    }

    private static bool IsServable(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed)
        && parsed.Scheme == Uri.UriSchemeHttp
        && parsed is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
        && (parsed.Host == "localhost" || IPAddress.TryParse(parsed.Host.Trim('[', ']'), out _));
}
