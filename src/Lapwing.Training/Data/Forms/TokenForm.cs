using System.Text.Json;

namespace Lapwing.Training.Data;

/// <summary>Rows that are tokens already: <c>input_ids</c>, and <c>labels</c> (without them every token carries loss).</summary>
internal static class TokenForm
{
    public static TokenRow Parse(JsonElement row, RowOrigin origin)
    {
        int[] ids = Integers(row, "input_ids");
        int[] labels = row.TryGetProperty("labels", out var given) && given.ValueKind != JsonValueKind.Null ? Integers(row, "labels") : ids;
        if (labels.Length != ids.Length) throw new RowException(RowProblem.Malformed, $"{ids.Length} input_ids and {labels.Length} labels");
        if (row.TryGetProperty("attention_mask", out var mask) && mask.ValueKind != JsonValueKind.Null) Unpad(Integers(row, "attention_mask"), ref ids, ref labels);
        if (ids.Length < 2) throw new RowException(RowProblem.NothingToLearn, "fewer than two tokens");
        foreach (int id in ids)
        {
            if (id < 0) throw new RowException(RowProblem.Malformed, $"id {id} is negative");
        }

        foreach (int label in labels)
        {
            if (label < 0 && label != Example.NoLoss) throw new RowException(RowProblem.Malformed, $"label {label} is neither a token nor {Example.NoLoss}");
        }

        return new(origin, ids, labels);
    }

    // Padding is no part of an example: it is cut off, and a mask with holes is refused.
    private static void Unpad(int[] mask, ref int[] ids, ref int[] labels)
    {
        if (mask.Length != ids.Length) throw new RowException(RowProblem.Malformed, $"{ids.Length} input_ids and an attention_mask of {mask.Length}");
        int first = Array.IndexOf(mask, 1), last = Array.LastIndexOf(mask, 1);
        if (first < 0) throw new RowException(RowProblem.NothingToLearn, "the attention_mask hides everything");
        if (mask.AsSpan(first, last - first + 1).ContainsAnyExcept(1)) throw new RowException(RowProblem.Malformed, "the attention_mask has holes");
        ids = ids[first..(last + 1)];
        labels = labels[first..(last + 1)];
    }

    private static int[] Integers(JsonElement row, string name)
    {
        var list = row.GetProperty(name);
        if (list.ValueKind != JsonValueKind.Array) throw new RowException(RowProblem.Malformed, $"\"{name}\" must be a list of integers");
        int[] values = new int[list.GetArrayLength()];
        int i = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out values[i++])) throw new RowException(RowProblem.Malformed, $"\"{name}\" must be a list of integers");
        }

        return values;
    }
}
