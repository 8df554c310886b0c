namespace Lapwing.Text.Tokenizers;

/// <summary>What a vocabulary entry is; the numbers are those of GGUF's <c>tokenizer.ggml.token_type</c>.</summary>
public enum TokenKind
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for text that the vocabulary cannot express.</summary>
    Unknown = 2,

    /// <summary>Carries structure (begin, end, role marks), no text; its spelling in a text is recognised only where special tokens are parsed.</summary>
    Control = 3,

    /// <summary>Added by the model's makers; its spelling is always recognised.</summary>
    UserDefined = 4,

    /// <summary>A place without a use.</summary>
    Unused = 5,

    /// <summary>One byte, spelled <c>&lt;0x41&gt;</c>.</summary>
    Byte = 6,
}
