using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>A family of models: reads its settings from either file form and names its tensors.</summary>
internal abstract class Architecture
{
    /// <summary><c>general.architecture</c> of GGUF files.</summary>
    public abstract string GgufName { get; }

    /// <summary><c>model_type</c> of a <c>config.json</c>.</summary>
    public abstract IReadOnlyList<string> ConfigTypes { get; }

    /// <summary>The class that Transformers computes it with.</summary>
    public abstract string ConfigClass { get; }

    /// <summary>What GGUF files add to a norm's weight (Gemma's safetensors hold w − 1).</summary>
    public virtual float NormOffset => 0;

    /// <summary>What its tensors are called.</summary>
    public virtual TensorNames Names => TensorNames.Common;

    /// <summary>Whether its safetensors hold linear layers [inputs, outputs].</summary>
    public virtual bool StoresTransposed => false;

    /// <summary>Whether its GGUF files order query and key rows by rotary pairs (<see cref="RowOrder"/>).</summary>
    public virtual bool PairsRows => false;

    /// <summary>From a GGUF file's metadata; <paramref name="settings"/> knows the file's tensors as well.</summary>
    public abstract DecoderSpec FromGguf(GgufSettings settings);

    /// <summary>From a <c>config.json</c>.</summary>
    public abstract DecoderSpec FromConfig(ConfigSettings settings);

    /// <summary>Whether its <c>config.json</c> has a setting for what scores are multiplied by; elsewhere it is 1/√width.</summary>
    public virtual bool SetsScale => false;

    /// <summary>The kind of layer whose rotary settings a GGUF file's plain keys hold, where the family has several.</summary>
    public virtual string? RotaryLayerType => null;

    /// <summary>The only non-linearity that this family's GGUF files can mean: they have no key for it.</summary>
    public virtual Activation GgufActivation => Activation.Silu;

    /// <summary>What a <c>config.json</c> of <paramref name="type"/> (one of <see cref="ConfigTypes"/>) means by what it leaves out.</summary>
    public abstract FamilyDefaults Defaults(string type);

    /// <summary>Writes what this family's GGUF files hold beyond the common settings.</summary>
    /// <exception cref="NotSupportedException">A setting has no form there: a file without it would be silently wrong.</exception>
    public virtual void WriteGguf(GgufSettingsWriter writer, DecoderSpec spec, ConfigSettings source)
    {
        if (spec.Attention.Select(a => a.Window).Distinct().Count() > 1) throw new NotSupportedException($"a GGUF file of architecture '{GgufName}' cannot say which layers have a window: keep the folder");
    }

    /// <summary>Adds to a <c>config.json</c> what this family's hold beyond the common settings.</summary>
    /// <exception cref="NotSupportedException">A setting has no form there.</exception>
    public virtual void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        if (spec.Attention.Any(a => a.Window > 0)) throw new NotSupportedException($"windowed layers have no form in a folder of architecture '{GgufName}': keep the GGUF file");
    }
}
