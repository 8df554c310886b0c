using Lapwing.Cli.Host;
using Lapwing.Formats;
using Lapwing.Formats.Gguf;
using Lapwing.Tensors;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Cli.Quantising;

/// <summary>Writes a GGUF file with its tensors in other types, a few rows in memory at a time.</summary>
internal static unsafe class Quantiser
{
    /// <summary>Writes <paramref name="plan"/> with the metadata of <paramref name="source"/>.</summary>
    /// <exception cref="InvalidDataException">A weight is no number or too large for its type.</exception>
    public static void Write(GgufFile source, IReadOnlyList<PlannedTensor> plan, QuantisationMix mix, ImportanceMatrix? importance, string path, Surroundings surroundings)
    {
        var cancelled = surroundings.Interruption.Token;
        double megabytes = plan.Sum(p => p.Tensor.Bytes) / 1e6;
        ProgressMeter.Run(surroundings, "quantising", megabytes, "MB", meter =>
        {
            double done = 0;
            var writer = new GgufWriter(source.Version).SetAll(source.Metadata).Set("general.file_type", (uint)mix.FileType).Set("general.quantization_version", 2u);
            // The parts of a split model become one file.
            foreach (string key in new[] { "split.no", "split.count", "split.tensors.count" }) writer.Remove(key);
            if (importance is not null) writer.Set("quantize.imatrix.file", Path.GetFileName(importance.Path));
            foreach (var planned in plan)
            {
                var tensor = planned.Tensor;
                if (planned.Type == tensor.Type)
                {
                    writer.AddTensor(tensor.Name, tensor.Type, [.. tensor.Shape], (offset, chunk) =>
                    {
                        cancelled.ThrowIfCancellationRequested();
                        new ReadOnlySpan<byte>(tensor.Data + offset, chunk.Length).CopyTo(chunk);
                        meter.Report((done += chunk.Length) / 1e6);
                    });
                    continue;
                }
                var matrix = tensor.AsMatrix();
                long targetRow = planned.Type.RowBytes(matrix.Columns);
                long matrices = tensor.Shape.Count > 2 ? tensor.Shape[0] : 1;
                float[]? weights = planned.Type.IsQuantised() ? importance?.Of(tensor.Name, matrix.Columns, matrices) : null;
                writer.AddTensor(tensor.Name, planned.Type, [.. tensor.Shape], (offset, chunk) =>
                {
                    cancelled.ThrowIfCancellationRequested();
                    int first = (int)(offset / targetRow), rows = (int)(chunk.Length / targetRow);
                    fixed (byte* target = chunk) Rows(tensor, matrix, planned.Type, weights, (int)(matrix.Rows / matrices), first, rows, target, targetRow);
                    meter.Report((done += rows * (double)matrix.RowBytes) / 1e6);
                });
            }
            writer.Write(path);
        });
    }

    private static void Rows(TensorView tensor, WeightMatrix matrix, ElementType type, float[]? weights, int rowsOfMatrix, int first, int rows, byte* target, long targetRow)
    {
        int parts = Math.Min(rows, 4 * ThreadTeam.Shared.Count);
        try
        {
            ThreadTeam.Shared.Run(parts, part =>
            {
                using var buffer = new NativeBuffer((long)matrix.Columns * sizeof(float));
                float* values = (float*)buffer.Data;
                for (int r = part; r < rows; r += parts)
                {
                    BlockCodec.Dequantise(matrix.Type, matrix.Row(first + r), values, matrix.Columns);
                    int expert = weights is null || weights.Length == matrix.Columns ? 0 : (first + r) / rowsOfMatrix;
                    fixed (float* importance = weights)
                        BlockCodec.Quantise(type, values, target + r * targetRow, matrix.Columns, importance is null ? null : importance + (long)expert * matrix.Columns);
                }
            });
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"tensor {Wording.Printable(tensor.Name)} in {tensor.File} cannot become {type}: {e.Message}", e);
        }
    }
}
