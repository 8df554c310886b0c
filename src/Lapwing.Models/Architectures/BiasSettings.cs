namespace Lapwing.Models;

/// <summary>Whether a tensor belongs to a model.</summary>
internal enum Presence
{
    /// <summary>Where the file has it: GGUF files say nothing more.</summary>
    IfStored,

    /// <summary>It does not: one in the file contradicts the settings.</summary>
    Never,

    /// <summary>It does: without it the file is incomplete.</summary>
    Always,

    /// <summary>A setting of the file's decides; false where the file does not say.</summary>
    ByFlag,
}

/// <summary>
/// Which linear layers carry biases. Transformers builds its layers by the settings and drops a bias that they do not announce, so that a folder
/// whose settings and tensors disagree means two models at once.
/// </summary>
/// <param name="QueryKeyValue">Of the projections of attention; by flag, <c>attention_bias</c>.</param>
/// <param name="Output">Of the output of attention; by flag, <c>attention_bias</c>.</param>
/// <param name="Mlp">Of the MLP; by flag, <c>mlp_bias</c>.</param>
internal sealed record BiasSettings(Presence QueryKeyValue, Presence Output, Presence Mlp)
{
    /// <summary>As the tensors have it.</summary>
    public static BiasSettings AsStored { get; } = new(Presence.IfStored, Presence.IfStored, Presence.IfStored);

    /// <summary>By the flags of a <c>config.json</c>. An announced bias that is missing is zero, as Transformers begins it.</summary>
    public BiasSettings Resolve(bool attention, bool mlp) => new(Resolve(QueryKeyValue, attention), Resolve(Output, attention), Resolve(Mlp, mlp));

    private static Presence Resolve(Presence presence, bool flag) => presence != Presence.ByFlag ? presence : flag ? Presence.IfStored : Presence.Never;
}
