using System.Runtime.InteropServices;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Peft;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>Writes adapters in the two forms that others read: PEFT's folder and llama.cpp's GGUF.</summary>
public static unsafe class AdapterWriter
{
    /// <summary>Writes a PEFT folder: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>, rows in Transformers' order.</summary>
    /// <exception cref="IOException">The disk is full or not writable; nothing is left behind.</exception>
    public static void ToPeft(Adapter adapter, string folder)
    {
        var writer = new SafetensorsWriter();
        foreach (var (layer, lora) in adapter.Parts)
        {
            float[] b = InReferenceOrder(layer, lora);
            writer.AddTensor($"base_model.model.{layer.Name}.lora_A.weight", ElementType.F32, [lora.Rank, lora.Inputs], Bytes(Copy(lora.A)));
            writer.AddTensor($"base_model.model.{layer.Name}.lora_B.weight", ElementType.F32, [lora.Outputs, lora.Rank], Bytes(b));
        }
        PeftFolder.Write(folder, adapter.Config, writer);
    }

    /// <summary>
    /// Writes a GGUF LoRA. That form has one alpha for all and scales by alpha / rank: whatever an adapter scales otherwise (rsLoRA, patterns)
    /// is folded into B, so that every reader computes the same.
    /// </summary>
    /// <exception cref="NotSupportedException">An adapted layer has no tensor of its own in GGUF (an expert of many).</exception>
    /// <exception cref="IOException">The disk is full or not writable; nothing is left behind.</exception>
    public static void ToGguf(Adapter adapter, DecoderModel model, string path)
    {
        float alpha = (float)adapter.Config.Alpha;
        var writer = GgufLora.Writer(model.Info.Architecture, alpha);
        foreach (var (layer, lora) in adapter.Parts)
        {
            if (layer.GgufName is null) throw new NotSupportedException($"'{layer.Name}' has no matrix of its own in a GGUF file: an adapter on it exists only as a PEFT folder");
            float[] b = InReferenceOrder(layer, lora);
            if (layer.GgufRows is { } order) b = order.ToGguf(b, lora.Rank);
            float fold = lora.Scale / (alpha / lora.Rank);
            if (fold != 1)
                for (int i = 0; i < b.Length; i++) b[i] *= fold;
            GgufLora.AddPair(writer, layer.GgufName + ".weight", lora.Rank, Copy(lora.A), b);
        }
        writer.Write(path);
    }

    private static float[] InReferenceOrder(Linear layer, LoraAdapter lora) =>
        layer.StoredRows is { } order ? order.ToReference(Copy(lora.B), lora.Rank) : Copy(lora.B);

    private static float[] Copy(Parameter parameter) => new ReadOnlySpan<float>(parameter.Floats, checked((int)parameter.Count)).ToArray();

    private static byte[] Bytes(float[] numbers) => MemoryMarshal.AsBytes<float>(numbers).ToArray();
}
