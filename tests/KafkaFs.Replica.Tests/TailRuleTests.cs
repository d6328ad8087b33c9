using KafkaFs.Replica.Apply;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Replica.Tests;

/// <summary>The tail reader's rule, row by row: when a replica fetches the journal's tail and when it lets it go.</summary>
public sealed class TailRuleTests
{
    private readonly ManualClock _clock = new();
    private readonly TailRule _rule;

    public TailRuleTests() => _rule = new TailRule(_clock);

    [Fact]
    public void Quiet_ASlaveAlwaysFetches()
    {
        for (int second = 0; second < 100; second++)
        {
            Assert.True(_rule.Reads(hasGap: false));
            _clock.Advance(1);
        }
    }

    [Fact]
    public void Writing_TheTailIsLetGoAfterOneSecondOfOwnWritingWithoutAForeignRecord()
    {
        Write(0.999);
        Assert.True(_rule.Reads(hasGap: false));
        Write(0.002);
        Assert.False(_rule.Reads(hasGap: false));
        Write(100);
        Assert.False(_rule.Reads(hasGap: false));
    }

    [Fact]
    public void Writing_AForeignRecordBeginsTheSecondAnew()
    {
        Write(0.9);
        _rule.OnOthers();
        Write(0.9);
        Assert.True(_rule.Reads(hasGap: false));
        Write(0.2);
        Assert.False(_rule.Reads(hasGap: false));
    }

    [Fact]
    public void Writing_ABreakBeginsTheSecondAnew()
    {
        Write(0.9);
        _clock.Advance(0.006);
        Write(0.9);
        Assert.True(_rule.Reads(hasGap: false));
        Write(0.2);
        Assert.False(_rule.Reads(hasGap: false));
    }

    [Fact]
    public void Writing_OneWriteInTenMillisecondsIsNoWriting()
    {
        for (int index = 0; index < 1_000; index++)
        {
            Assert.True(_rule.Reads(hasGap: false));
            _rule.OnHandedOver();
            _clock.Advance(0.001);
            Assert.True(_rule.Reads(hasGap: false));
            _rule.OnReported();
            _clock.Advance(0.009);
        }
    }

    [Fact]
    public void Assign_WhenNothingOfOursHasBeenOutstandingForFiveMilliseconds()
    {
        Write(2);
        _clock.Advance(0.0049);
        Assert.False(_rule.Reads(hasGap: false));
        _clock.Advance(0.0002);
        Assert.True(_rule.Reads(hasGap: false));
    }

    [Fact]
    public void Assign_WhenNoReportHasComeForFiftyMillisecondsWhileARecordIsOutstanding()
    {
        Write(2);
        _rule.OnHandedOver();
        _clock.Advance(0.0499);
        Assert.False(_rule.Reads(hasGap: false));
        _clock.Advance(0.0002);
        Assert.True(_rule.Reads(hasGap: false));
        _rule.OnReported();
        Write(0.9);
        Assert.True(_rule.Reads(hasGap: false));
        Write(0.2);
        Assert.False(_rule.Reads(hasGap: false));
    }

    [Fact]
    public void Writing_AFullWindowWhoseReportsComeIsNotSilent()
    {
        for (int record = 0; record < 128; record++)
        {
            _rule.OnHandedOver();
        }

        // Each of them is outstanding for more than 50 ms.
        for (int step = 0; step < 4_000; step++)
        {
            _clock.Advance(0.0005);
            _rule.OnReported();
            _rule.OnHandedOver();
        }

        Assert.Equal(128, _rule.Outstanding);
        Assert.False(_rule.Reads(hasGap: false));
    }

    [Fact]
    public void Assign_WhenAGapIsThere()
    {
        Write(2);
        Assert.True(_rule.Reads(hasGap: true));
    }

    [Fact]
    public void Assign_WhenAnAcknowledgementCameWithoutAnOffset()
    {
        Write(2);
        _rule.OnOthers();
        Assert.True(_rule.Reads(hasGap: false));
    }

    [Fact]
    public void Assign_WhenAnAppenderIsGoneWithItsReports()
    {
        Write(2);
        for (int record = 0; record < 10; record++)
        {
            _rule.OnHandedOver();
        }

        _rule.OnReported(10);
        _clock.Advance(0.0051);
        Assert.True(_rule.Reads(hasGap: false));
    }

    // One record in flight, a millisecond each.
    private void Write(double seconds)
    {
        for (double done = 0; done < seconds - 1e-9; done += 0.001)
        {
            _rule.OnHandedOver();
            _clock.Advance(Math.Min(0.001, seconds - done));
            _rule.OnReported();
        }
    }
}
