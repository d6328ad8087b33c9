using System.Net;
using System.Net.Sockets;

namespace KafkaFs.Hosting.Configuration;

/// <summary>
/// Where health and metrics may be served: plain HTTP at an address of this machine. Kestrel takes any other host name for
/// "everywhere", which nobody means who writes one.
/// </summary>
internal static class UrlRules
{
    public static void Check(SettingsReader reader, SettingKey key, string urls)
    {
        foreach (string url in urls.Split(';'))
        {
            if (!IsServable(url))
            {
                reader.Errors.Add($"{key.FullName} = '{url}': http://ADDRESS:PORT with an IP address or localhost is wanted, or none");
            }
        }
    }

    /// <summary>
    /// Takes the URL that nobody has named, so that of hosts that start at once one has it; the web server is given the socket, which stays the caller's.
    /// Where it is taken the settings come back without it: a second master or slave goes on without health and metrics over HTTP, and says so.
    /// </summary>
    /// <returns>The socket is null where there is nothing to take, or where somebody has named the URLs.</returns>
    public static (HostSettings Settings, Socket? Listener) ClaimDefault(HostSettings settings)
    {
        if (!settings.HttpUrlsAreDefault)
        {
            return (settings, null);
        }

        Uri url = new(settings.HttpUrls);
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Parse(url.Host), url.Port));
            // Two may bind it; only one may listen.
            listener.Listen();
            return (settings, listener);
        }
        catch (SocketException)
        {
            listener.Dispose();
            string words = $"{settings.HttpUrls} is taken, perhaps by another host of this machine: health and metrics are not served until {SettingKeys.HttpUrls.FullName} names another";
            return (settings with { HttpUrls = "", Warnings = [.. settings.Warnings, words] }, null);
        }
    }

    private static bool IsServable(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed)
        && parsed.Scheme == Uri.UriSchemeHttp
        && parsed is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
        && (parsed.Host == "localhost" || IPAddress.TryParse(parsed.Host.Trim('[', ']'), out _));
}
