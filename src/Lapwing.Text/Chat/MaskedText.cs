namespace Lapwing.Text.Chat;

/// <summary>A rendered conversation and the stretches of it that carry loss: answers and the text that ends each.</summary>
/// <param name="Text">What the template makes of the conversation.</param>
/// <param name="Learn">Stretches [start, end) by UTF-16 index, in order and apart.</param>
public sealed record MaskedText(string Text, IReadOnlyList<(int Start, int End)> Learn);

/// <summary>Which of a conversation's answers carry loss.</summary>
public enum LearntAnswers
{
    /// <summary>Every message of the assistant.</summary>
    All,

    /// <summary>The assistant's last message only.</summary>
    Last,
}
