using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;

namespace KafkaFs.Fuse.Session;

/// <summary>One row an opcode: how long it is at least, whether it is answered, how it is read and whom it calls.</summary>
internal static class OperationTable
{
    private const uint OpenKillSuidGid = 1;

    private static readonly Operation?[] s_rows = Build();

    public static Operation? Find(FuseOpcode opcode) => (uint)opcode < s_rows.Length ? s_rows[(uint)opcode] : null;

    private static Operation?[] Build()
    {
        Operation?[] rows = new Operation?[64];
        foreach (Operation row in Rows())
        {
            rows[(uint)row.Opcode] = row;
        }

        return rows;
    }

    private static Operation[] Rows() =>
    [
        new(FuseOpcode.Lookup, 1, true, static (fs, r) => fs.Lookup(r, r.Node, new BodyReader(r.Body).TakeName())),
        new(FuseOpcode.Forget, 8, false, static (fs, r) => fs.Forget(r.Node, new BodyReader(r.Body).Take<ulong>())),
        new(FuseOpcode.BatchForget, 8, false, BatchForget),
        new(FuseOpcode.GetAttr, 16, true, GetAttr),
        new(FuseOpcode.Statx, 24, true, static (fs, r) => fs.Statx(r, r.Node)),
        new(FuseOpcode.SetAttr, 88, true, static (fs, r) => fs.SetAttr(r, r.Node, SetAttrRequest.FromWire(new BodyReader(r.Body).Take<SetAttrIn>()))),
        new(FuseOpcode.ReadLink, 0, true, static (fs, r) => fs.ReadLink(r, r.Node)),
        new(FuseOpcode.SymLink, 2, true, SymLink),
        new(FuseOpcode.MkNod, 17, true, MkNod),
        new(FuseOpcode.MkDir, 9, true, MkDir),
        new(FuseOpcode.Unlink, 1, true, static (fs, r) => fs.Unlink(r, r.Node, new BodyReader(r.Body).TakeName())),
        new(FuseOpcode.RmDir, 1, true, static (fs, r) => fs.RmDir(r, r.Node, new BodyReader(r.Body).TakeName())),
        new(FuseOpcode.Rename, 10, true, static (fs, r) => Rename(fs, r, withFlags: false)),
        new(FuseOpcode.Rename2, 18, true, static (fs, r) => Rename(fs, r, withFlags: true)),
        new(FuseOpcode.Link, 9, true, Link),
        new(FuseOpcode.Open, 8, true, Open),
        new(FuseOpcode.Create, 17, true, Create),
        new(FuseOpcode.Read, 40, true, Read),
        new(FuseOpcode.Write, 40, true, Write),
        new(FuseOpcode.Flush, 24, true, static (fs, r) => fs.Flush(r, r.Node, Handle(r))),
        new(FuseOpcode.FSync, 16, true, FSync),
        new(FuseOpcode.FSyncDir, 16, true, static (fs, r) => fs.FSyncDir(r, r.Node, Handle(r))),
        new(FuseOpcode.Release, 24, true, static (fs, r) => fs.Release(r, r.Node, Handle(r))),
        new(FuseOpcode.OpenDir, 8, true, static (fs, r) => fs.OpenDir(r, r.Node)),
        new(FuseOpcode.ReadDir, 40, true, static (fs, r) => ReadDir(fs, r, plus: false)),
        new(FuseOpcode.ReadDirPlus, 40, true, static (fs, r) => ReadDir(fs, r, plus: true)),
        new(FuseOpcode.ReleaseDir, 24, true, static (fs, r) => fs.ReleaseDir(r, r.Node, Handle(r))),
        new(FuseOpcode.StatFs, 0, true, static (fs, r) => fs.StatFs(r, r.Node)),
        new(FuseOpcode.SetXattr, 9, true, SetXattr),
        new(FuseOpcode.GetXattr, 9, true, GetXattr),
        new(FuseOpcode.ListXattr, 8, true, static (fs, r) => fs.ListXattr(r, r.Node, (int)new BodyReader(r.Body).Take<uint>())),
        new(FuseOpcode.RemoveXattr, 1, true, static (fs, r) => fs.RemoveXattr(r, r.Node, new BodyReader(r.Body).TakeName())),
        new(FuseOpcode.LSeek, 24, true, LSeek),
        new(FuseOpcode.FAllocate, 32, true, FAllocate),
    ];

    private static HandleId Handle(FuseRequest request) => new(new BodyReader(request.Body).Take<ulong>());

    private static void BatchForget(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        uint count = body.Take<uint>();
        body.Skip(sizeof(uint));
        for (uint index = 0; index < count; index++)
        {
            NodeId node = new(body.Take<ulong>());
            fs.Forget(node, body.Take<ulong>());
        }
    }

    private static void GetAttr(FuseFileSystem fs, FuseRequest request)
    {
        const uint handleIsValid = 1;
        GetAttrIn arguments = new BodyReader(request.Body).Take<GetAttrIn>();
        fs.GetAttr(request, request.Node, (arguments.Flags & handleIsValid) != 0 ? new HandleId(arguments.Handle) : null);
    }

    private static void SymLink(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        ReadOnlySpan<byte> name = body.TakeName();
        fs.SymLink(request, request.Node, name, body.TakeName());
    }

    private static void MkNod(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        MkNodIn arguments = body.Take<MkNodIn>();
        fs.MkNod(request, request.Node, body.TakeName(), arguments.Mode, arguments.Rdev);
    }

    private static void MkDir(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        uint mode = body.Take<uint>();
        body.Skip(sizeof(uint));
        fs.MkDir(request, request.Node, body.TakeName(), mode);
    }

    private static void Rename(FuseFileSystem fs, FuseRequest request, bool withFlags)
    {
        BodyReader body = new(request.Body);
        NodeId newParent = new(body.Take<ulong>());
        uint flags = withFlags ? (uint)body.Take<ulong>() : 0;
        ReadOnlySpan<byte> name = body.TakeName();
        fs.Rename(request, request.Node, name, newParent, body.TakeName(), flags);
    }

    private static void Link(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        NodeId node = new(body.Take<ulong>());
        fs.Link(request, node, request.Node, body.TakeName());
    }

    private static void Open(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        uint flags = body.Take<uint>();
        fs.Open(request, request.Node, flags, (body.Take<uint>() & OpenKillSuidGid) != 0);
    }

    private static void Create(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        CreateIn arguments = body.Take<CreateIn>();
        fs.Create(request, request.Node, body.TakeName(), arguments.Mode, arguments.Flags);
    }

    private static void Read(FuseFileSystem fs, FuseRequest request)
    {
        TransferIn arguments = new BodyReader(request.Body).Take<TransferIn>();
        fs.Read(request, request.Node, new HandleId(arguments.Handle), arguments.Offset, (int)Math.Min(arguments.Size, InitNegotiation.MaxWriteBytes));
    }

    private static void Write(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        TransferIn arguments = body.Take<TransferIn>();
        ReadOnlySpan<byte> data = body.TakeBytes(arguments.Size);
        fs.Write(request, request.Node, new HandleId(arguments.Handle), arguments.Offset, data, arguments.TransferFlags, arguments.OpenFlags);
    }

    private static void FSync(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        HandleId handle = new(body.Take<ulong>());
        fs.FSync(request, request.Node, handle, (body.Take<uint>() & 1) != 0);
    }

    private static void ReadDir(FuseFileSystem fs, FuseRequest request, bool plus)
    {
        TransferIn arguments = new BodyReader(request.Body).Take<TransferIn>();
        int size = (int)Math.Min(arguments.Size, InitNegotiation.MaxWriteBytes);
        fs.ReadDir(request, request.Node, new HandleId(arguments.Handle), arguments.Offset, size, plus);
    }

    // With SETXATTR_EXT, which every kernel from 7.33 on has, the struct has 16 bytes: size, flags, setxattr_flags, padding.
    private static void SetXattr(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        uint size = body.Take<uint>();
        uint flags = body.Take<uint>();
        if (request.UsesExtendedSetXattr)
        {
            body.Skip(8);
        }

        ReadOnlySpan<byte> name = body.TakeName();
        fs.SetXattr(request, request.Node, name, body.TakeBytes(size), flags);
    }

    private static void GetXattr(FuseFileSystem fs, FuseRequest request)
    {
        BodyReader body = new(request.Body);
        int size = (int)body.Take<uint>();
        body.Skip(sizeof(uint));
        fs.GetXattr(request, request.Node, body.TakeName(), size);
    }

    private static void LSeek(FuseFileSystem fs, FuseRequest request)
    {
        LSeekIn arguments = new BodyReader(request.Body).Take<LSeekIn>();
        fs.LSeek(request, request.Node, new HandleId(arguments.Handle), arguments.Offset, arguments.Whence);
    }

    private static void FAllocate(FuseFileSystem fs, FuseRequest request)
    {
        FAllocateIn arguments = new BodyReader(request.Body).Take<FAllocateIn>();
        fs.FAllocate(request, request.Node, new HandleId(arguments.Handle), arguments.Offset, arguments.Length, arguments.Mode);
    }
}
