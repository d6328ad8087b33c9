using System.CommandLine;

namespace KafkaFs.Cli.Commands;

/// <summary>Arguments without a name, which the parser would fill with mistyped options.</summary>
internal static class Positional
{
    /// <summary>Refuses values that start with '-': `slave --verbose` must not make a data root of that name.</summary>
    public static T RefusingOptions<T>(this T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            foreach (string value in result.Tokens.Select(token => token.Value).Where(value => value.StartsWith('-')))
            {
                result.AddError($"'{value}' is no option here; a path that begins so is written './{value}'");
            }
        });
        return argument;
    }
}
