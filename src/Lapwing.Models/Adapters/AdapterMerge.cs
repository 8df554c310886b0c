using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>Folds adapters into the weights that they adapt: W += s·B·A, in float32.</summary>
public static unsafe class AdapterMerge
{
    /// <summary>
    /// Adds <paramref name="adapter"/> to its model's weights, which stand in float32 memory of their own from then on, and takes it off. Rounding apart,
    /// the model computes what it computed with the adapter attached.
    /// </summary>
    /// <exception cref="NotSupportedException">It adapts a matrix that something else uses too (a head that is the embedding).</exception>
    public static void Into(DecoderModel model, Adapter adapter)
    {
        foreach (var (layer, lora) in adapter.Parts)
        {
            if (layer.Weight == model.Embedding.Table)
                throw new NotSupportedException($"{adapter.Name} adapts '{layer.Name}', which shares its matrix with the embedding: folded in, it would change the embedding as well");
            if (layer.Adapters.Any(a => a is not LoraAdapter)) throw new NotSupportedException($"'{layer.Name}' carries an adapter that cannot be folded in");
            layer.Weight.Own();
            float* w = layer.Weight.Floats, a = lora.A.Floats, b = lora.B.Floats;
            int rank = lora.Rank, inputs = layer.Inputs;
            float scale = lora.Scale;
            ThreadTeam.Shared.Run(layer.Outputs, row =>
            {
                for (int r = 0; r < rank; r++) VectorMath.Axpy(w + (long)row * inputs, scale * b[(long)row * rank + r], a + (long)r * inputs, inputs);
            });
        }
        adapter.Detach();
    }
}
