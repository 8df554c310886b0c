using System.Text;

namespace Lapwing.Fuzz.Mutation;

/// <summary>Changes JSON by its tokens, so that most of the results are JSON still and reach what lies behind the parser.</summary>
internal static class JsonMutator
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "1.5", "-0.0", "1e999", "-1e999", "1e-999", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "\"\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"", "\"../x\"", "\"\\n\\u001b\"", "[]", "{}", "[1,2]", "[[]]", "[null]", "{\"a\":1}", "[\"a\",1]", "NaN", "(", "\"(a+)+$\"", "\"[\"",
    ];

    /// <summary>One change; <paramref name="words"/> are the format's own keys and values.</summary>
    public static byte[] Change(byte[] input, Mutator mutator, IReadOnlyList<string> words)
    {
        var tokens = Split(Encoding.Latin1.GetString(input));
        var random = mutator.Random;
        if (tokens.Count == 0) return mutator.Bytes(input);
        int at = random.Next(tokens.Count);
        switch (random.Next(9))
        {
            case 0:
                tokens[at] = mutator.Pick(Values);
                break;
            case 1:
                Some(tokens, IsValue, random, i => tokens[i] = mutator.Pick(Values));
                break;
            case 2:
                Some(tokens, t => t[0] == '"', random, i => tokens[i] = $"\"{mutator.Pick(words)}\"");
                break;
            case 3:
                Some(tokens, t => char.IsAsciiDigit(t[0]), random, i => tokens[i] = random.Next(2) == 0 ? mutator.Edge().ToString() : random.Next(-3, 300).ToString());
                break;
            case 4:
                Some(tokens, t => t == ",", random, i => tokens.Insert(i, $",\"{mutator.Pick(words)}\":{mutator.Pick(Values)}"));
                break;
            case 5:
                int other = random.Next(tokens.Count);
                (tokens[at], tokens[other]) = (tokens[other], tokens[at]);
                break;
            case 6:
                // A member or element, from one comma to the next.
                int end = tokens.FindIndex(at, t => t is "," or "}" or "]");
                int start = tokens.FindLastIndex(at, t => t is "," or "{" or "[");
                if (start < 0 || end <= start) break;
                if (random.Next(2) == 0) tokens.RemoveRange(start, end - start);
                else tokens.InsertRange(start, tokens.GetRange(start, end - start));
                break;
            case 7:
                int depth = 1 << random.Next(12);
                Some(tokens, IsValue, random, i => tokens[i] = new string('[', depth) + tokens[i] + new string(']', depth));
                break;
            default:
                return mutator.Bytes(input);
        }
        return Encoding.Latin1.GetBytes(string.Concat(tokens));
    }

    private static bool IsValue(string token) => token[0] is '"' or '-' or 't' or 'f' or 'n' || char.IsAsciiDigit(token[0]);

    private static void Some(List<string> tokens, Predicate<string> which, Random random, Action<int> change)
    {
        int start = random.Next(tokens.Count);
        int found = tokens.FindIndex(start, which);
        if (found < 0) found = tokens.FindIndex(which);
        if (found >= 0) change(found);
    }

    private static List<string> Split(string text)
    {
        var tokens = new List<string>();
        for (int i = 0; i < text.Length;)
        {
            int start = i++;
            if (text[start] == '"')
            {
                while (i < text.Length && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
                i = Math.Min(text.Length, i + 1);
            }
            else if (!"{}[]:,".Contains(text[start], StringComparison.Ordinal))
            {
                while (i < text.Length && !"{}[]:,\"".Contains(text[i], StringComparison.Ordinal)) i++;
            }
            tokens.Add(text[start..i]);
        }
        return tokens;
    }
}
