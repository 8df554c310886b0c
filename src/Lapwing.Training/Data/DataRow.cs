using System.Text.Json.Nodes;

namespace Lapwing.Training.Data;

/// <summary>One row of data, whatever form it was written in.</summary>
/// <param name="Origin">Its file and line.</param>
public abstract record DataRow(RowOrigin Origin);

/// <summary>A conversation in OpenAI's message form; the model's chat template renders it.</summary>
/// <param name="Origin">Its file and line.</param>
/// <param name="Messages">Objects with <c>role</c>, <c>content</c> and what else the template may use.</param>
/// <param name="Tools">Tool definitions, where the row has them.</param>
/// <param name="Learn">For each message, whether its tokens carry loss: true for the assistant's, but where the row says otherwise.</param>
public sealed record ConversationRow(RowOrigin Origin, IReadOnlyList<JsonObject> Messages, JsonArray? Tools, IReadOnlyList<bool> Learn) : DataRow(Origin)
{
    /// <summary>
    /// Whether the row was a <c>prompt</c> and a <c>completion</c>, two texts of which the second goes on where the first ends: a model without a chat
    /// template can learn it as it stands.
    /// </summary>
    public bool IsContinuation { get; init; }
}

/// <summary>Plain text: every token carries loss, and no template is used.</summary>
/// <param name="Origin">Its file and line.</param>
/// <param name="Text">The text.</param>
public sealed record TextRow(RowOrigin Origin, string Text) : DataRow(Origin);

/// <summary>A row that is tokens already.</summary>
/// <param name="Origin">Its file and line.</param>
/// <param name="Ids">Token ids.</param>
/// <param name="Labels">As many labels, <see cref="Example.NoLoss"/> for none.</param>
public sealed record TokenRow(RowOrigin Origin, int[] Ids, int[] Labels) : DataRow(Origin);
