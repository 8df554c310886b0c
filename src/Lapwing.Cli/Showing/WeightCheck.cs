using Lapwing.Cli.Host;
using Lapwing.Formats;
using Lapwing.Tensors;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Cli.Showing;

/// <summary>Reads every weight of a model and names the tensors that hold NaN or infinity: a damaged file speaks nonsense without a word.</summary>
internal static unsafe class WeightCheck
{
    private const int RowsAtOnce = 64;

    /// <summary>One line a damaged tensor; empty where all numbers are finite.</summary>
    public static IReadOnlyList<string> Run(ModelSummary summary, Surroundings surroundings)
    {
        var cancelled = surroundings.Interruption.Token;
        double megabytes = summary.Tensors.Sum(t => t.Bytes) / 1e6, done = 0;
        return ProgressMeter.Run(surroundings, "checking weights", megabytes, "MB", meter =>
        {
            var damage = new List<string>();
            foreach (var tensor in summary.Tensors)
            {
                if (tensor.Count > 0 && First(tensor, cancelled) is { } index)
                    damage.Add($"tensor {Wording.Printable(tensor.Name)} ({tensor.StoredAs}) in {tensor.File} holds a number that is not finite, first at element {index}");
                meter.Report((done += tensor.Bytes) / 1e6);
            }
            return damage;
        });
    }

    private static long? First(TensorView tensor, CancellationToken cancelled)
    {
        if (tensor.Type is ElementType.I8 or ElementType.I16 or ElementType.I32 or ElementType.I64) return null;
        var matrix = tensor.AsMatrix();
        int rows = (int)Math.Clamp((1 << 20) / Math.Max(1, matrix.Columns), 1, RowsAtOnce);
        using var buffer = new NativeBuffer((long)matrix.Columns * sizeof(float));
        float* values = (float*)buffer.Data;
        for (int r = 0; r < matrix.Rows; r++)
        {
            if (r % rows == 0) cancelled.ThrowIfCancellationRequested();
            BlockCodec.Dequantise(matrix.Type, matrix.Row(r), values, matrix.Columns);
            for (int c = 0; c < matrix.Columns; c++)
                if (!float.IsFinite(values[c])) return (long)r * matrix.Columns + c;
        }
        return null;
    }
}
