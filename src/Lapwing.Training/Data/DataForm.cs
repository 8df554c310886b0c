namespace Lapwing.Training.Data;

/// <summary>The forms in which people keep examples; recognised by content, row by row.</summary>
public enum DataForm
{
    /// <summary><c>instruction</c>, <c>input</c>, <c>output</c> (and LLaMA-Factory's <c>system</c>, <c>history</c>).</summary>
    Alpaca,

    /// <summary><c>instruction</c>, <c>context</c>, <c>response</c>.</summary>
    Dolly,

    /// <summary><c>instruction</c> with <c>instances</c> of input and output.</summary>
    SelfInstruct,

    /// <summary><c>conversations</c> of <c>from</c> and <c>value</c>.</summary>
    ShareGpt,

    /// <summary><c>messages</c> of <c>role</c> and <c>content</c>.</summary>
    OpenAIChat,

    /// <summary><c>prompt</c> and <c>completion</c> (or question and answer).</summary>
    PromptCompletion,

    /// <summary><c>text</c>, or a file of plain text.</summary>
    Text,

    /// <summary><c>input_ids</c> and <c>labels</c>.</summary>
    Tokens,
}

/// <summary>Names of <see cref="DataForm"/>s for people.</summary>
public static class DataForms
{
    /// <summary>What a message calls the form.</summary>
    public static string Describe(this DataForm form) => form switch
    {
        DataForm.Alpaca => "Alpaca (instruction, input, output)",
        DataForm.Dolly => "Dolly (instruction, context, response)",
        DataForm.SelfInstruct => "Self-Instruct (instruction, instances)",
        DataForm.ShareGpt => "ShareGPT (conversations of from and value)",
        DataForm.OpenAIChat => "OpenAI chat (messages of role and content)",
        DataForm.PromptCompletion => "prompt and completion",
        DataForm.Text => "plain text",
        DataForm.Tokens => "tokens (input_ids, labels)",
        _ => form.ToString(),
    };
}
