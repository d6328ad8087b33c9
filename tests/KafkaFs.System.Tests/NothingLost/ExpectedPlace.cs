namespace KafkaFs.System.Tests.NothingLost;

/// <summary>A name and what it stands for.</summary>
/// <param name="Directory">Where it is; null at the top.</param>
/// <param name="Prefix">The directory's path with a slash, relative to the mount.</param>
/// <param name="Name">The name.</param>
/// <param name="Object">What it stands for.</param>
internal sealed record ExpectedPlace(ExpectedObject? Directory, string Prefix, string Name, ExpectedObject Object)
{
    public string Path => Prefix + Name;
}
