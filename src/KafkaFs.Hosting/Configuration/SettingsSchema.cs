using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KafkaFs.Hosting.Configuration;

/// <summary>The JSON schema of the settings files, for editors (json-schema.org, draft 2020-12).</summary>
public static class SettingsSchema
{
    private static readonly JsonSerializerOptions s_format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The whole schema, as text.</summary>
    public static string Text()
    {
        JsonObject settings = Object();
        foreach (SettingKey key in SettingKeys.All)
        {
            string[] path = key.Name.Split(':');
            JsonObject place = path[..^1].Aggregate(settings, static (parent, name) => Child(parent, name, Object));
            Child(place, path[^1], () => Value(key));
        }

        JsonObject level = new() { ["enum"] = new JsonArray([.. Enum.GetNames<Microsoft.Extensions.Logging.LogLevel>().Select(static name => (JsonNode)name)]) };
        JsonObject logging = Object();
        Child(logging, "LogLevel", () => new JsonObject { ["type"] = "object", ["additionalProperties"] = level });
        Child(logging, "Console", static () => new JsonObject { ["type"] = "object" });
        JsonObject schema = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Settings of KafkaFS hosts",
            ["type"] = "object",
            ["additionalProperties"] = false,
        };
        Child(schema, "$schema", static () => new JsonObject { ["type"] = "string" });
        Child(schema, HostSettingsBinder.Section, () => settings);
        Child(schema, "Logging", () => logging);
        return schema.ToJsonString(s_format) + "\n";
    }

    private static JsonObject Object() => new() { ["type"] = "object", ["additionalProperties"] = false };

    private static JsonObject Child(JsonObject parent, string name, Func<JsonObject> make)
    {
        JsonObject properties = parent["properties"]?.AsObject() ?? [];
        parent["properties"] ??= properties;
        JsonObject child = properties[name]?.AsObject() ?? make();
        properties[name] ??= child;
        return child;
    }

    private static JsonObject Value(SettingKey key)
    {
        string ifNot = key.DefaultWords ?? key.Default;
        JsonObject value = new() { ["description"] = ifNot.Length > 0 ? $"{key.Meaning} (default: {ifNot})" : key.Meaning };
        switch (key.Kind)
        {
            case SettingKind.Number or SettingKind.Seconds:
                value["type"] = key.Kind == SettingKind.Number ? "integer" : "number";
                (value["minimum"], value["maximum"]) = (key.Range.Min, key.Range.Max);
                break;
            case SettingKind.Bytes:
                (value["type"], value["minimum"]) = ("integer", 0);
                break;
            case SettingKind.Flag:
                value["type"] = "boolean";
                break;
            case SettingKind.Choice:
                value["enum"] = new JsonArray([.. key.Choices.Select(static choice => (JsonNode)choice)]);
                break;
            case SettingKind.Map:
                value["type"] = "object";
                value["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") };
                break;
            default:
                value["type"] = "string";
                break;
        }

        return value;
    }
}
