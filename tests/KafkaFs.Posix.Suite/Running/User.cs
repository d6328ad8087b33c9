using System.Runtime.ExceptionServices;
using KafkaFs.Posix.Suite.Calls;

namespace KafkaFs.Posix.Suite.Running;

/// <summary>Credentials of an ordinary user. In the kernel they are a thread's: what runs with them has a thread of its own, which ends with it.</summary>
internal sealed record User(uint Uid, uint Gid, params uint[] Groups)
{
    public static readonly User Alice = new(1001, 1001);
    public static readonly User Bob = new(1002, 1002);
    public static readonly User Nobody = new(65534, 65534);

    /// <summary>The same user with supplementary groups.</summary>
    public User In(params uint[] groups) => this with { Groups = groups };

    /// <summary>Runs it to its end as this user; with the uid the thread loses its capabilities.</summary>
    public void Run(Action body)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Become();
                body();
            }
            catch (RuleBrokenException exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    private unsafe void Become()
    {
        const long setgroups = 116, setresgid = 119, setresuid = 117;
        fixed (uint* groups = Groups)
        {
            long result = Sys.Call(setgroups, Groups.Length, (long)groups);
            result = result < 0 ? result : Sys.Call(setresgid, Gid, Gid, Gid);
            result = result < 0 ? result : Sys.Call(setresuid, Uid, Uid, Uid);
            if (result < 0)
            {
                throw new RuleBrokenException($"becoming user {Uid}: {Errno.Name(result)}");
            }
        }
    }
}
