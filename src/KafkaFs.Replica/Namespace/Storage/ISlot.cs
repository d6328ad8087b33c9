namespace KafkaFs.Replica.Namespace.Storage;

/// <summary>An element of a <see cref="SlotArray{T}"/>, which a <see cref="HashIndex{T}"/> finds by a hash it carries itself.</summary>
internal interface ISlot
{
    /// <summary>Hash of the element's key.</summary>
    uint Hash { get; }

    /// <summary>Next slot of the same bucket, or of the free list; 0 ends it.</summary>
    int HashNext { get; set; }
}
