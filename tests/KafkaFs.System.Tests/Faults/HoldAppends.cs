using KafkaFs.TestKit.Kafka.Proxy;

namespace KafkaFs.System.Tests.Faults;

/// <summary>What is appended until it is over is held; what comes then passes.</summary>
internal sealed class HoldAppends : IFaultPlan
{
    public bool IsOver { get; set; }

    public Fate Of(in KafkaFrame frame) => !IsOver && frame is { Direction: FrameDirection.Request, Api: KafkaApi.Produce } ? Fate.Hold : Fate.Pass;
}
