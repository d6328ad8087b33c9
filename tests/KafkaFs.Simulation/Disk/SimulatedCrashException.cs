namespace KafkaFs.Simulation.Disk;

/// <summary>The simulated machine has stopped: nothing that runs on it goes on.</summary>
internal sealed class SimulatedCrashException(string at) : Exception($"the machine stopped {at}");
