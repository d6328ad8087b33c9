using System.Collections.Concurrent;
using KafkaFs.Fuse.Abi;
using KafkaFs.Posix;
using KafkaFs.Posix.Processes;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Fuse.Session;

/// <summary>
/// The core of a mount: takes requests from a channel, hands each to the filesystem by the table of operations, and sees to it
/// that each is answered exactly once. It knows no file descriptor. <see cref="ServeOne"/> is for any number of threads.
/// </summary>
public sealed partial class FuseConnection : IDisposable
{
    private const int HeaderBytes = 4_096;
    private const int MaxPooled = 256;

    private readonly IFuseChannel _channel;
    private readonly FuseFileSystem _fileSystem;
    private readonly ILogger _logger;
    private readonly int _maxWrite;
    private readonly ConcurrentBag<FuseRequest> _pool = [];
    private readonly Dictionary<ulong, FuseRequest> _deferred = [];
    private readonly RememberedInterrupts _interrupts = new();
    private readonly Lock _deferredGate = new();
    private volatile FuseConnectionInfo? _info;
    private bool _ending;

    /// <param name="maxWriteBytes">Longest WRITE and READ, bytes: 4 KiB to 1 MiB.</param>
    public FuseConnection(IFuseChannel channel, FuseFileSystem fileSystem, int maxWriteBytes, ILogger logger)
    {
        (_channel, _fileSystem, _logger) = (channel, fileSystem, logger);
        _maxWrite = Math.Clamp(maxWriteBytes, 4_096, InitNegotiation.MaxWriteBytes) & ~4_095;
    }

    /// <summary>What was agreed with the kernel; null before INIT.</summary>
    public FuseConnectionInfo? Info => _info;

    /// <summary>Reads and dispatches one request, during which <paramref name="busy"/> beats; false when the mount is gone.</summary>
    public bool ServeOne(Heartbeat? busy = null)
    {
        FuseRequest request = _pool.TryTake(out FuseRequest? pooled) ? pooled : new FuseRequest(this, HeaderBytes + InitNegotiation.MaxWriteBytes);
        request.Begin();
        Errno errno = _channel.Read(request.Buffer, out int length);
        if (errno != Errno.None || !request.TryAccept(length))
        {
            Return(request);
            return errno is Errno.None or Errno.EINTR or Errno.EAGAIN or Errno.ENOENT;
        }

        busy?.Beat();
        Dispatch(request);
        request.Release();
        busy?.Rest();
        return true;
    }

    /// <summary>
    /// Nobody will answer what waits: all deferred requests, and those that are deferred from here on, are answered EIO, so that the
    /// callers leave the kernel's locks. Whoever holds one may still answer it, once, and nothing comes of it. Returns how many waited.
    /// </summary>
    public int EndDeferred()
    {
        List<FuseRequest> waiting = [];
        lock (_deferredGate)
        {
            _ending = true;
            foreach (FuseRequest request in _deferred.Values)
            {
                // Held first: once it is abandoned, who holds it may be through with it.
                request.Hold();
                if (request.TryAbandon())
                {
                    waiting.Add(request);
                }
                else
                {
                    request.Release();
                }
            }

            _deferred.Clear();
        }

        foreach (FuseRequest request in waiting)
        {
            Refuse(request);
            request.Release();
        }

        return waiting.Count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_pool.TryTake(out FuseRequest? request))
        {
            request.Free();
        }
    }

    internal void Track(FuseRequest request)
    {
        lock (_deferredGate)
        {
            request.IsInterrupted |= _interrupts.Take(request.Unique);
            if (!_ending)
            {
                _deferred[request.Unique] = request;
                return;
            }
        }

        if (request.TryAbandon())
        {
            Refuse(request);
        }
    }

    internal void Return(FuseRequest request)
    {
        if (_pool.Count < MaxPooled)
        {
            _pool.Add(request);
        }
        else
        {
            request.Free();
        }
    }

    internal void Send(FuseRequest request, Errno errno, ReadOnlySpan<byte> message)
    {
        if (request.IsDeferred)
        {
            lock (_deferredGate)
            {
                _deferred.Remove(request.Unique);
            }
        }

        Write(request, errno, message);
    }

    private void Write(FuseRequest request, Errno errno, ReadOnlySpan<byte> message)
    {
        Errno written = _channel.Write(message);
        LogAnswered(_logger, request.Opcode, request.Unique, errno);
        if (written is not (Errno.None or Errno.ENOENT or Errno.ENODEV))
        {
            LogReplyFailed(_logger, request.Opcode, written);
        }

        _fileSystem.OnAnswered(request.Opcode, errno, request.Thread, request.Started);
    }

    private void Refuse(FuseRequest abandoned)
    {
        Span<byte> message = stackalloc byte[FuseRequest.OutHeaderBytes];
        abandoned.WriteHeader(message, Errno.EIO);
        Write(abandoned, Errno.EIO, message);
    }

    private void Dispatch(FuseRequest request)
    {
        LogRequest(_logger, request.Opcode, request.Unique, request.Node.Value);
        if (request.Opcode == FuseOpcode.Init)
        {
            OnInit(request);
            return;
        }

        if (request.Opcode == FuseOpcode.Interrupt)
        {
            OnInterrupt(request);
            return;
        }

        Operation? operation = OperationTable.Find(request.Opcode);
        try
        {
            if (operation is null)
            {
                request.ReplyError(Errno.ENOSYS);
            }
            else if (request.Body.Length < operation.MinBodyBytes)
            {
                LogMalformed(_logger, request.Opcode, request.Body.Length);
                RefuseMalformed(request, operation);
            }
            else
            {
                if (!operation.HasReply)
                {
                    request.MarkUnanswerable();
                }

                operation.Dispatch(_fileSystem, request);
            }
        }
        catch (MalformedRequestException)
        {
            LogMalformed(_logger, request.Opcode, request.Body.Length);
            RefuseMalformed(request, operation!);
        }
        catch (Exception exception) when (!request.IsAnswered)
        {
            // A call must not hang on our mistake; the mistake is in the log.
            LogHandlerFailed(_logger, request.Opcode, exception);
            request.ReplyError(Errno.EIO);
        }

        if (!request.IsDeferred && !request.IsAnswered)
        {
            LogForgotten(_logger, request.Opcode);
            request.ReplyError(Errno.EIO);
        }
    }

    private static void RefuseMalformed(FuseRequest request, Operation operation)
    {
        if (!operation.HasReply)
        {
            if (!request.IsAnswered)
            {
                request.MarkUnanswerable();
            }
        }
        else if (!request.IsAnswered)
        {
            request.ReplyError(Errno.EINVAL);
        }
    }

    // The moment it is answered other readers get requests, which are parsed by what was agreed.
    private void OnInit(FuseRequest request)
    {
        _info = InitNegotiation.Negotiate(request.Body, _maxWrite, out InitOut answer);
        if (_info is null)
        {
            request.ReplyError(Errno.EINVAL);
        }
        else
        {
            _fileSystem.OnConnected(_info);
            request.ReplyInit(answer);
        }
    }

    // Never answered: EAGAIN would make the kernel send it again at once, for as long as the request it means is not deferred.
    // The hold keeps the request from being answered and used again while the filesystem looks at it.
    private void OnInterrupt(FuseRequest request)
    {
        request.MarkUnanswerable();
        if (request.Body.Length < sizeof(ulong))
        {
            LogMalformed(_logger, request.Opcode, request.Body.Length);
            return;
        }

        ulong unique = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(request.Body);
        FuseRequest? target;
        lock (_deferredGate)
        {
            if (!_deferred.TryGetValue(unique, out target))
            {
                _interrupts.Add(unique);
                return;
            }

            target.IsInterrupted = true;
            target.Hold();
        }

        _fileSystem.Interrupt(target);
        target.Release();
    }

    [LoggerMessage(2000, LogLevel.Trace, "{Opcode} {Unique} on {Node}")]
    private static partial void LogRequest(ILogger logger, FuseOpcode opcode, ulong unique, ulong node);

    [LoggerMessage(2001, LogLevel.Trace, "{Opcode} {Unique} answered {Errno}")]
    private static partial void LogAnswered(ILogger logger, FuseOpcode opcode, ulong unique, Errno errno);

    [LoggerMessage(2002, LogLevel.Error, "{Opcode} failed; it is answered EIO")]
    private static partial void LogHandlerFailed(ILogger logger, FuseOpcode opcode, Exception exception);

    [LoggerMessage(2003, LogLevel.Error, "{Opcode} was not answered; it is answered EIO")]
    private static partial void LogForgotten(ILogger logger, FuseOpcode opcode);

    [LoggerMessage(2004, LogLevel.Error, "{Opcode} of {Bytes} bytes is malformed")]
    private static partial void LogMalformed(ILogger logger, FuseOpcode opcode, int bytes);

    [LoggerMessage(2005, LogLevel.Error, "The answer to {Opcode} was refused by the kernel: {Errno}")]
    private static partial void LogReplyFailed(ILogger logger, FuseOpcode opcode, Errno errno);
}
