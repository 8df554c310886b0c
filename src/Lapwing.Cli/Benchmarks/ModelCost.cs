using Lapwing.Models;

namespace Lapwing.Cli.Benchmarks;

/// <summary>What a token costs at least: bytes to read and multiplications to do.</summary>
/// <param name="Bytes">Bytes of all matrices that one token goes through.</param>
/// <param name="Multiplications">Multiply-adds of one token going forward; two operations each.</param>
internal readonly record struct ModelCost(double Bytes, double Multiplications)
{
    /// <summary>Counts a model's matrices from layer <paramref name="fromLayer"/> on; of experts, which stand in stacks, only the share that a token is sent to.</summary>
    public static ModelCost Of(DecoderModel model, double shareOfExperts, int fromLayer = 0)
    {
        double bytes = 0, multiplications = 0;
        for (int b = fromLayer; b < model.Blocks.Count; b++)
        {
            foreach (var linear in model.Blocks[b].Linears)
            {
                double share = linear.StackName is null ? 1 : shareOfExperts;
                var matrix = linear.Weight.Value;
                bytes += share * matrix.RowBytes * matrix.Rows;
                multiplications += share * matrix.Rows * matrix.Columns;
            }
        }
        var head = model.Head.Output.Weight.Value;
        return new ModelCost(bytes + (double)head.RowBytes * head.Rows, multiplications + (double)head.Rows * head.Columns);
    }
}
