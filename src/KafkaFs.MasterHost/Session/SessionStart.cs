using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica;
using KafkaFs.Replica.Namespace;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// Brings a session into being: FilesystemCreated if the journal is empty, then SessionStarted. Both may race with other masters;
/// the log decides, and evaluation tells (<see cref="OnApplied"/>, by the holder of the apply lock).
/// </summary>
internal sealed partial class SessionStart(MasterSession session, LocalReplica replica, TimeProvider clock, ILogger logger)
{
    private readonly Guid _uuid = Guid.NewGuid();
    private readonly TaskCompletionSource _created = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MasterIdentity? _identity;
    private bool _toldOthers;

    /// <summary>What a mount without a session waits for, in words, or null.</summary>
    public string? Words => _started.Task.IsCompleted ? null : "the journal is back: changes wait until this master has caught up with it and has a session";

    /// <summary>
    /// Appends what is missing and returns when the session has its number. <paramref name="rootAttributes"/> become those of the
    /// mount's root if this master creates the filesystem. Waits for the journal as long as <paramref name="stop"/> lets it.
    /// </summary>
    public async Task RunAsync(InodeAttributes rootAttributes, CancellationToken stop)
    {
        if (!replica.Namespace.IsCreated)
        {
            session.AppendControl(FilesystemCreated(rootAttributes));
            await _created.Task.WaitAsync(stop).ConfigureAwait(false);
            session.EndControl();
        }

        _identity = MasterIdentity.Advance(replica.Root, LastRun);
        session.AppendControl(SessionStarted(_identity));
        await _started.Task.WaitAsync(stop).ConfigureAwait(false);
        session.EndControl();
    }

    /// <summary>A record without a session, or one that may close ours, was evaluated.</summary>
    public void OnApplied(in Change change, Outcome outcome)
    {
        switch (change.Kind)
        {
            case ChangeKind.FilesystemCreated:
                // Ours or another master's: the first one counts.
                _created.TrySetResult();
                break;
            case ChangeKind.SessionStarted when change.Uuid == _uuid:
                OnStarted(outcome);
                break;
            case ChangeKind.SessionStarted when outcome.IsAccepted && change.Master == _identity?.Master && _started.Task.IsCompletedSuccessfully:
                session.End(new HostFailure(ExitCode.SessionClosed, "another run of this master has started (a copy of the data root?) and closed this session"));
                break;
            // While catching up there is no session yet: the end of another master's, which closes none, must not be taken for ours.
            case ChangeKind.SessionEnded when outcome.IsAccepted && session.Id != SessionId.None && change.Closes == session.Id && change.Header.Session != session.Id:
                session.End(new HostFailure(ExitCode.SessionClosed, $"session {session.Id} was closed by an operator"));
                break;
        }

        TellOthers(change.Kind);
    }

    // Programs that lock files on two machines do not see each other: somebody should have heard of it.
    private void TellOthers(ChangeKind kind)
    {
        if (kind == ChangeKind.SessionStarted && !_toldOthers && _started.Task.IsCompletedSuccessfully && replica.Namespace.Sessions.Count > 1)
        {
            _toldOthers = true;
            LogOthers(logger, replica.Namespace.Sessions.Count);
        }
    }

    private void OnStarted(Outcome outcome)
    {
        if (outcome.IsAccepted)
        {
            session.Begin(new SessionId(replica.Namespace.LastSession), replica.Namespace.Filesystem);
            _started.TrySetResult();
        }
        else if (!_started.Task.IsCompleted)
        {
            _started.TrySetException(new HostFailedException(
                ExitCode.SessionClosed,
                $"the journal does not accept this master's start ({outcome.Void}): close dead masters' sessions, or look for a copy of this data root that runs elsewhere"));
        }
    }

    private ulong LastRun(Guid master)
    {
        lock (replica.Namespace.Gate)
        {
            return replica.Namespace.LastRun(master);
        }
    }

    private byte[] FilesystemCreated(in InodeAttributes root)
    {
        Change change = new()
        {
            Kind = ChangeKind.FilesystemCreated,
            Mode = root.Mode,
            Uid = root.Uid,
            Gid = root.Gid,
            Limits = Limits.Default,
        };
        change.Header.Filesystem = Guid.NewGuid();
        return Encode(ref change);
    }

    private byte[] SessionStarted(MasterIdentity identity)
    {
        Change change = new()
        {
            Kind = ChangeKind.SessionStarted,
            Master = identity.Master,
            Run = identity.Run,
            Uuid = _uuid,
        };
        change.Header.Filesystem = replica.Namespace.Filesystem;
        return Encode(ref change);
    }

    private byte[] Encode(ref Change change)
    {
        change.Header.Level = ChangeCodec.Level;
        change.Header.TimeNs = ChangeHeader.NowNs(clock);
        return ChangeCodec.Encode(change);
    }

    [LoggerMessage(6020, LogLevel.Warning, "{Count} masters have sessions of this filesystem: locks (flock, fcntl) are each machine's own, so programs that rely on them belong on one mount")]
    private static partial void LogOthers(ILogger logger, int count);
}
