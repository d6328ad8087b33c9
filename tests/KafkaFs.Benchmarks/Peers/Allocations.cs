using System.Globalization;
using System.Text.RegularExpressions;

namespace KafkaFs.Benchmarks.Peers;

/// <summary>What a master allocates for its calls, by its own metrics.</summary>
internal static class Allocations
{
    private static readonly HttpClient s_http = new();

    public static Dictionary<string, double> Measure(Peer master, int stats, int directories)
    {
        string folder = Directory.CreateDirectory(Path.Combine(master.Folder, "allocations")).FullName;
        int fd = Libc.Open(folder, Libc.ReadOnly);
        Dictionary<string, double> found = [];
        Note($"{stats:N0} getattrs", stats, _ => Libc.StatUncached(fd));
        Note($"{directories:N0} mkdirs", directories, index => Libc.MakeDirectory($"{folder}/{index}"));
        Libc.Close(fd);
        return found;

        void Note(string name, int calls, Action<int> call)
        {
            (double bytes, double collections) = Read(master);
            for (int index = 0; index < calls; index++)
            {
                call(index);
            }

            (double bytesAfter, double collectionsAfter) = Read(master);
            found[$"bytes allocated a call, {name}"] = (bytesAfter - bytes) / calls;
            found[$"gen2 collections, {name}"] = collectionsAfter - collections;
        }
    }

    private static (double Bytes, double Collections) Read(Peer master)
    {
        // An answer is kept for a moment.
        Thread.Sleep(1_000);
        string metrics = s_http.GetStringAsync(new Uri($"{master.Url}/metrics")).GetAwaiter().GetResult();
        return (Value("dotnet_gc_heap_total_allocated_bytes_total"), Value("dotnet_gc_collections_total\\{[^}]*gen2[^}]*\\}"));

        double Value(string name) => double.Parse(
            Regex.Match(metrics, $"(?m)^{name}(?:\\{{[^}}]*\\}})? ([0-9.eE+]+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
