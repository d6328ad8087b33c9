using System.Diagnostics;
using System.Globalization;

namespace KafkaFs.Benchmarks;

/// <summary>Pairs of times, and their ratio.</summary>
internal static class Timing
{
    private const int Rounds = 5;

    public static void Header(string ours) => Console.WriteLine($"{"workload",-38} {ours + " s",10} {"native s",10} {"speed",8}");

    /// <summary>Runs both in turn and prints their medians; the speed is ours as a part of the native one.</summary>
    public static void Compare(string name, Action ours, Action native)
    {
        List<double> our = [], natives = [];
        for (int round = 0; round < Rounds; round++)
        {
            our.Add(Measure(ours));
            natives.Add(Measure(native));
        }

        Print(name, Median(our), Median(natives));
    }

    public static void Print(string name, double ours, double native) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-38} {ours,10:F4} {native,10:F4} {native / ours,8:F2}"));

    public static double Measure(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
