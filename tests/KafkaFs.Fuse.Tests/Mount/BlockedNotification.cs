using System.Globalization;
using KafkaFs.Posix;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>A notification on a thread of its own, which is seen to wait in the kernel.</summary>
internal static class BlockedNotification
{
    /// <summary>Returns once the thread is in uninterruptible sleep; the task is its end.</summary>
    public static Task Start(Action notify)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int number = 0;
        Thread thread = new(() =>
        {
            Volatile.Write(ref number, ThreadInterruption.CurrentThread);
            notify();
            done.SetResult();
        })
        { IsBackground = true, Name = "notify" };
        thread.Start();
        for (int attempt = 0; !IsBlocked(Volatile.Read(ref number)); attempt++)
        {
            if (attempt == 2_000 || done.Task.IsCompleted)
            {
                throw new InvalidOperationException("The notification does not wait: there is nothing to see here.");
            }

            Thread.Sleep(2);
        }

        return done.Task;
    }

    // The state follows the name in parentheses, proc(5).
    private static bool IsBlocked(int thread)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/stat");
        return thread != 0 && File.Exists(path) && File.ReadAllText(path).Contains(") D ", StringComparison.Ordinal);
    }
}
