using KafkaFs.Replica.Checkpoint;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace KafkaFs.Hosting.Status;

/// <summary>`/health/live` and `/health/ready`: 200 or 503, and why in JSON. They answer from the start, also while catching up.</summary>
public static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints, HostStatus status)
    {
        endpoints.MapGet("/health/live", () => Answer(status, status.State != HostState.Refused && status.IsAlive));
        endpoints.MapGet("/health/ready", () => Answer(status, status.IsReady));
    }

    private static IResult Answer(HostStatus status, bool healthy)
    {
        // Read once: position and hash belong together.
        DurableCheckpoint? checkpoint = status.Checkpoint;
        return Results.Json(
            new
            {
                healthy,
                state = status.State.ToString(),
                words = status.Words,
                hang = status.Hang,
                since = status.Since,
                appliedOffset = status.AppliedOffset,
                endOffset = status.EndOffset,
                lagRecords = status.LagRecords,
                lagSeconds = Math.Round(status.LagSeconds, 3),
                checkpointPosition = checkpoint?.Position,
                checkpointHash = checkpoint?.Hash,
            },
            statusCode: healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
