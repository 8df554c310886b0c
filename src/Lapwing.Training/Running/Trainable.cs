using Lapwing.Models;

namespace Lapwing.Training;

/// <summary>A model's parameters as tensors that learn.</summary>
internal static unsafe class Trainable
{
    /// <summary>A parameter that is set to learn.</summary>
    public static TrainableTensor Of(Parameter parameter) => new(parameter.Name, parameter.Floats, parameter.Gradient, parameter.Count);

    /// <summary>Sets every parameter of a model to learn, in float32.</summary>
    public static IReadOnlyList<TrainableTensor> All(DecoderModel model)
    {
        foreach (var parameter in model.Parameters) parameter.Train();
        return [.. model.Parameters.Select(Of)];
    }
}
