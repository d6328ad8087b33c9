namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>Rules in order; the first one that a frame is counted for decides, and none means that it passes. Thread-safe.</summary>
public sealed class FaultScript : IFaultPlan
{
    private readonly Lock _lock = new();
    private readonly List<Rule> _rules = [];

    /// <summary>Nothing is disturbed.</summary>
    public static FaultScript Calm => new();

    /// <summary>A black hole: connections are accepted, and nothing comes through before <see cref="KafkaProxy.Release"/>.</summary>
    public static FaultScript HoldEverything =>
        new FaultScript().Each(FrameDirection.Request, null, Fate.Hold).Each(FrameDirection.Response, null, Fate.Hold);

    /// <summary>A client finds brokers and leaders, and gets no other answer.</summary>
    public static FaultScript OnlyMetadata => new FaultScript()
        .Each(FrameDirection.Request, KafkaApi.ApiVersions, Fate.Pass).Each(FrameDirection.Request, KafkaApi.Metadata, Fate.Pass)
        .Each(FrameDirection.Request, null, Fate.Swallow);

    /// <summary>All frames of an api (null: any) in one direction.</summary>
    public FaultScript Each(FrameDirection direction, KafkaApi? api, Fate fate) => Add(new Rule(direction, api, 1, int.MaxValue, fate));

    /// <summary>The <paramref name="number"/>-th one from now on, counted from 1: <c>Nth(Response, Produce, 3, Fate.Cut)</c>.</summary>
    public FaultScript Nth(FrameDirection direction, KafkaApi? api, int number, Fate fate) => Add(new Rule(direction, api, number, number, fate));

    /// <inheritdoc/>
    public Fate Of(in KafkaFrame frame)
    {
        lock (_lock)
        {
            Fate? found = null;
            foreach (Rule rule in _rules)
            {
                Fate? fate = rule.Of(frame);
                found ??= fate;
            }

            return found ?? Fate.Pass;
        }
    }

    private FaultScript Add(Rule rule)
    {
        lock (_lock)
        {
            _rules.Add(rule);
        }

        return this;
    }

    // Each rule counts on its own, also what another one decides.
    private sealed class Rule(FrameDirection direction, KafkaApi? api, int first, int last, Fate fate)
    {
        private int _seen;

        public Fate? Of(in KafkaFrame frame) =>
            frame.Direction == direction && (api is null || frame.Api == api) && ++_seen >= first && _seen <= last ? fate : null;
    }
}
