using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Append;

/// <summary>A call with a number of its own, which its record carries.</summary>
internal sealed class TokenCall(uint token, int bytes) : PendingCall
{
    public uint Token => token;

    /// <summary>Data of a Write; 0 for a name.</summary>
    public int Bytes => bytes;

    public Errno? Answer { get; private set; }

    /// <summary>Bytes that it was told to have written.</summary>
    public long Written { get; private set; }

    public override void Complete(in Change change, Outcome outcome, Effects effects) =>
        Set(outcome.Errno, outcome.Errno == Errno.None ? change.Data.Length : 0);

    public override void Abandon(Errno errno) => Set(errno, 0);

    public override Errno ApplyPart(in Change part, Effects effects) => Errno.None;

    public override void CompleteParts(uint written, Errno errno) => Set(errno, written);

    private void Set(Errno errno, long written) =>
        (Answer, Written) = Answer is null ? (errno, written) : throw new InvalidOperationException($"Call {token} is answered twice.");
}
