using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.Simulation.Disk;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Simulation.Append;

/// <summary>
/// The product's session and evaluation over a log to which everything happens that the design's table of appends lists, and kills. In the
/// end each answered change is in the log once, each session's changes stand there in the order of their calls, and no call waits.
/// </summary>
internal sealed class AppendRun : IApplyObserver, IDisposable
{
    private static readonly Guid s_filesystem = new("11111111-2222-3333-4444-555555555555");
    private static readonly Guid s_master = new("66666666-7777-8888-9999-000000000000");

    private readonly Random _random;
    private readonly Trace _trace;
    private readonly SimulatedLog _log;
    private readonly RecordWriter _other = new(s_filesystem, Guid.NewGuid());
    private readonly ManualClock _clock = new();
    private readonly JournalBatch _batch = new();
    private readonly List<TokenCall> _calls = [];
    private readonly HashSet<TokenCall> _orphaned = [];
    private Applier _applier = null!;
    private DataTree _tree = null!;
    private NamespaceState _state = null!;
    private MasterSession _session = null!;
    private Guid _start;
    private ulong _run;
    private readonly FileId _file;

    public AppendRun(int seed, Trace trace)
    {
        (_random, _trace) = (new Random(seed), trace);
        _log = new SimulatedLog(_random, _trace.Add);
        _log.Land(_other.FilesystemCreated());
        _log.Land(_other.SessionStarted());
        _log.Land(_other.Create("file"));
        _file = _other.Last;
        Start();
    }

    public void Play(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Step(_random.Next(100));
        }

        _trace.Add("calm from here on");
        _log.IsCalm = true;
        for (int step = 0; _session.HandedOver + _session.Queued > 0 || _log.Open > 0 || _applier.NextOffset < _log.Count; step++)
        {
            Require(step < 20_000, $"calls wait for ever: {_session.HandedOver} handed over, {_session.Queued} queued; {_session.Stall}");
            _log.Step();
            _log.LandGhost();
            Read(100);
            Tick(1);
        }

        Kill();
        Check();
    }

    /// <summary>What a run that failed has left; one that came through has killed its process.</summary>
    public void Dispose()
    {
        _tree.Dispose();
        _log.Dispose();
    }

    public void OnDying(FileId inode, long timeNs)
    {
        // Nothing is removed here.
    }

    public void OnApplied(in Change change, Outcome outcome, Effects effects, in JournalRecord record)
    {
        if (change.Kind == ChangeKind.SessionStarted && change.Uuid == _start && outcome.IsAccepted)
        {
            _session.EndControl();
            _session.Begin(new SessionId(_state.LastSession), s_filesystem);
        }
        else if (_session is not null && _session.Id != SessionId.None && change.Header.Session == _session.Id)
        {
            _session.OnApplied(change, outcome, effects, record.Bytes);
        }
    }

    private void Step(int choice)
    {
        switch (choice)
        {
            case < 30:
                Submit();
                break;
            case < 70:
                _log.Step();
                break;
            case < 80:
                Read(_random.Next(1, 8));
                break;
            case < 88:
                Tick(_random.Next(1, 12));
                break;
            case < 91:
                _log.LandGhost();
                break;
            case < 94:
                _log.Land(_random.Next(2) == 0 ? [1, 2, 3] : _other.Mkdir($"other{_log.Count}"));
                break;
            case < 96:
                _log.FailProducer((AppenderFailure)_random.Next((int)AppenderFailure.Listener));
                break;
            case < 98:
                _log.Limit = 10_000 * _random.Next(1, 7);
                // A check of the log may come upon it before a record does.
                _log.MaxRecordBytes = _random.Next(2) == 0 ? Math.Min(_log.MaxRecordBytes, _log.Limit) : _log.MaxRecordBytes;
                _trace.Add($"the log takes {_log.Limit} bytes, and {_log.MaxRecordBytes} are known");
                break;
            case 98:
                Withdraw();
                break;
            default:
                Kill();
                Start();
                break;
        }

        Require(_session.Failure is null, $"the session has ended: {_session.Failure?.Message}");
    }

    private void Submit()
    {
        uint token = (uint)_calls.Count;
        Span<byte> data = new byte[_random.Next(3) == 0 ? _random.Next(4, 60_000) & ~3 : 0];
        byte[] name = Encoding.ASCII.GetBytes(token.ToString(CultureInfo.InvariantCulture));
        Change change = new() { Kind = ChangeKind.Mkdir, Parent = FileId.Root, Name = name, Mode = 0x1ed };
        if (data.Length > 0)
        {
            for (int word = 0; word < data.Length; word += sizeof(uint))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(data[word..], token);
            }

            change = new() { Kind = ChangeKind.Write, Inode = _file, Data = data, Flags = _random.Next(8) == 0 ? ChangeFlags.Append : ChangeFlags.None };
        }

        TokenCall call = new(token, data.Length);
        if (_session.Id != SessionId.None && _session.Submit(ref change, call) == Errno.None)
        {
            _trace.Add($"call {token}: {change.Kind} of {data.Length} bytes");
            _calls.Add(call);
        }
    }

    private void Withdraw()
    {
        if (_calls.FindLast(call => call.Answer is null && !_orphaned.Contains(call)) is TokenCall call && _session.TryWithdraw(call))
        {
            _trace.Add($"call {call.Token} is withdrawn");
            call.Abandon(Errno.EINTR);
        }
    }

    private void Read(int count)
    {
        _log.Fill(_batch, _applier.NextOffset, count);
        _applier.Apply(_batch, CancellationToken.None);
    }

    private void Tick(int seconds)
    {
        _clock.Advance(seconds);
        _clock.FireTimers();
    }

    // kill -9: the session's calls are answered by nobody. Its End answers them here, which does not count.
    private void Kill()
    {
        _trace.Add("killed");
        _orphaned.UnionWith(_calls.Where(static call => call.Answer is null));
        _log.Abandon();
        _session.Dispose();
        _applier.Dispose();
        _tree.Dispose();
    }

    private void Start()
    {
        _state = new NamespaceState();
        _tree = new DataTree(new SimulatedDisk(new DiskTraits { IsRoot = true }, _random).Place, TreeOwnership.Full, []);
        _applier = new Applier(_state, _tree, NullLogger.Instance, _clock) { Observer = this };
        SessionOptions options = new() { Run = static work => work() };
        _session = new MasterSession(_applier, _log, _log, options, NullLogger.Instance, _clock);
        byte[] uuid = new byte[16];
        _random.NextBytes(uuid);
        _start = new Guid(uuid);
        Read(int.MaxValue);
        Change change = new() { Kind = ChangeKind.SessionStarted, Master = s_master, Run = ++_run, Uuid = _start };
        change.Header.Filesystem = s_filesystem;
        change.Header.Level = ChangeCodec.Level;
        change.Header.TimeNs = SimulatedLog.AppendTimeMs * 1_000_000;
        _session.AppendControl(ChangeCodec.Encode(change));
    }

    private void Check()
    {
        Dictionary<uint, long> bytes = [];
        Dictionary<SessionId, uint> last = [];
        NamespaceState state = new();
        Evaluation evaluation = new(state);
        Effects effects = new();
        for (int offset = 0; offset < _log.Count; offset++)
        {
            bool wellFormed = ChangeCodec.TryDecode(_log[offset], out Change change, out _);
            effects.Clear();
            Outcome outcome = evaluation.Evaluate(change, wellFormed, offset, SimulatedLog.AppendTimeMs, effects);
            if (effects.ConsumesSequence && change.Header.Session.Number > 1)
            {
                uint token = Token(change);
                Require(outcome == Outcome.Success, $"call {token} has the outcome {outcome} at {offset}");
                Require(change.Data.Length > 0 || !bytes.ContainsKey(token), $"call {token} is twice in the log");
                Require(last.GetValueOrDefault(change.Header.Session) <= token, $"call {token} stands behind a later one at {offset}");
                last[change.Header.Session] = token;
                bytes[token] = bytes.GetValueOrDefault(token) + change.Data.Length;
            }

            state.Publish(change, outcome, effects, offset);
        }

        HashSet<uint> refused = [.. _log.Refused.Select(static record => Token(record))];
        foreach (TokenCall call in _calls.Where(call => call.Answer == Errno.EIO && call.Bytes == 0 && !_orphaned.Contains(call)))
        {
            Require(refused.Contains(call.Token), $"call {call.Token} is given up, and the log has refused only what it was sent with");
        }

        _calls.ForEach(call => Check(call, bytes.TryGetValue(call.Token, out long written) ? written : null));
    }

    private void Check(TokenCall call, long? inLog)
    {
        Require(call.Answer is not null, $"call {call.Token} is not answered");
        Require(inLog is null || inLog <= call.Bytes, $"call {call.Token} is in the log with {inLog} bytes of {call.Bytes}");
        if (_orphaned.Contains(call))
        {
            return;
        }

        Require(call.Answer != Errno.None || (inLog == call.Bytes && call.Written == call.Bytes), $"call {call.Token} is answered and has {inLog} of {call.Bytes} bytes");
        Require(call.Written <= (inLog ?? 0), $"call {call.Token} was told of {call.Written} bytes and has {inLog}");
        Require(call.Answer == Errno.None || call.Bytes > 0 || inLog is null, $"call {call.Token} is answered {call.Answer} and is in the log");
    }

    private static uint Token(byte[] record) => ChangeCodec.TryDecode(record, out Change change, out _) && change.Kind != ChangeKind.Fence
        ? Token(change)
        : uint.MaxValue;

    private static uint Token(in Change change) => change.Data.Length > 0
        ? BinaryPrimitives.ReadUInt32LittleEndian(change.Data)
        : uint.Parse(change.Name, CultureInfo.InvariantCulture);

    private static void Require(bool condition, string words)
    {
        if (!condition)
        {
            throw new InvalidOperationException(words);
        }
    }
}
