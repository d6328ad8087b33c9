namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>Decides what becomes of each frame. Called from many threads at once, in order for one direction of one connection; never waits.</summary>
public interface IFaultPlan
{
    Fate Of(in KafkaFrame frame);
}
