using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Simulation.Append;

/// <summary>
/// What may become of records in transit: placed, with or without an offset, in order or not; lost, or so it seems; refused. Reports of
/// placed records come in offset order, as the contract says, and late.
/// </summary>
internal sealed class SimulatedProducer(SimulatedLog log, IAppendListener listener, Random random, Action<string> trace) : IJournalAppender
{
    private const int Window = 12;

    private readonly List<(byte[] Record, long Ticket)> _inTransit = [];
    private readonly Queue<(long Ticket, AppendResult Result)> _reports = new();
    private bool _hasFailed;

    public int Open => _inTransit.Count + _reports.Count;

    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        if (_hasFailed || Open >= Window || (!log.IsCalm && random.Next(20) == 0))
        {
            return false;
        }

        _inTransit.Add((record.ToArray(), ticket));
        return true;
    }

    public void Step()
    {
        if (_reports.Count > 0 && (_inTransit.Count == 0 || random.Next(2) == 0))
        {
            (long ticket, AppendResult result) = _reports.Dequeue();
            listener.OnAppended(ticket, result);
        }
        else if (_inTransit.Count > 0)
        {
            Decide(log.IsCalm || random.Next(10) > 0 ? 0 : random.Next(_inTransit.Count));
        }
    }

    public void Fail(AppenderFailure failure)
    {
        if (!_hasFailed)
        {
            trace($"the producer fails: {failure}");
            _hasFailed = true;
            Scatter();
            listener.OnFailed(failure, "failed on purpose");
        }
    }

    public void Dispose()
    {
        _hasFailed = true;
        Scatter();
    }

    private void Decide(int index)
    {
        (byte[] record, long ticket) = _inTransit[index];
        _inTransit.RemoveAt(index);
        _reports.Enqueue((ticket, Result(record)));
    }

    private AppendResult Result(byte[] record)
    {
        _ = ChangeCodec.TryDecode(record, out Change change, out _);
        if (record.Length > log.Limit)
        {
            trace($"{Words(change)} is too long");
            return AppendResult.TooLong("too long");
        }

        int fate = log.IsCalm ? 0 : random.Next(100);
        if (fate < 75)
        {
            long offset = log.Land(record);
            trace($"{Words(change)} lands at {offset}");
            return fate < 65 ? AppendResult.Placed(offset, SimulatedLog.AppendTimeMs)
                : fate < 70 ? AppendResult.PlacedSomewhere() : AppendResult.Unknown("timed out");
        }

        if (fate < 90 || change.Header.Session == Journal.SessionId.None)
        {
            trace($"{Words(change)} is in doubt");
            log.Lose(record);
            return AppendResult.Unknown("timed out");
        }

        trace($"{Words(change)} is refused");
        if (fate >= 95 && Open > 0)
        {
            return AppendResult.TooLong("sent with a long one");
        }

        log.Refused.Add(record);
        return AppendResult.Refused("policy");
    }

    private void Scatter()
    {
        foreach ((byte[] record, _) in _inTransit)
        {
            if (record.Length <= log.Limit)
            {
                log.Lose(record);
            }
        }

        _inTransit.Clear();
        _reports.Clear();
    }

    private static string Words(in Change change) =>
        $"{change.Kind} {change.Header.Session}/{change.Header.Incarnation}/{change.Header.Sequence}";
}
