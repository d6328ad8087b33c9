namespace KafkaFs.Replica.Tree;

/// <summary>Who owns the tree's objects.</summary>
public enum TreeOwnership
{
    /// <summary>The tree has owners, modes, devices and all xattrs as the namespace says. Needs root.</summary>
    Full,

    /// <summary>
    /// Owners, devices and privileged xattrs stay in the namespace; the tree belongs to this user, with u+rw (and x for directories)
    /// added, and an empty regular file stands for a device.
    /// </summary>
    Namespace,
}
