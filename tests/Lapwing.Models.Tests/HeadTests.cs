using Lapwing.Tensors;

namespace Lapwing.Models.Tests;

/// <summary>The gradient of the cross-entropy where float32 has few digits: large vocabularies, and words that are nearly certain.</summary>
public sealed unsafe class HeadTests
{
    private const int Words = 5000, Hidden = 16, Right = 7, Other = 11;

    // The first column holds the logits; the second and third single out one word each, so that dh there is that word's own share.
    [Theory]
    [InlineData(21.3f, 0f)]
    [InlineData(45.7f, 0f)]
    [InlineData(21.3f, 50f)]
    [InlineData(45.7f, 50f)]
    public void A_words_share_of_the_gradient_keeps_its_digits(float rightLogit, float softCap)
    {
        var random = new Random(5);
        using var weights = new Parameter("lm_head.weight", Words, Hidden);
        for (int v = 0; v < Words; v++) weights.Floats[v * Hidden] = v == Right ? rightLogit : 19 + 2 * random.NextSingle();
        (weights.Floats[Right * Hidden + 1], weights.Floats[Other * Hidden + 2]) = (1, 1);
        var head = new Head(new Linear("lm_head", weights), softCap: softCap);
        using var pass = new Pass(new ExactArithmetic());
        float* hidden = pass.Workspace.TakeZeroed(Hidden), gradient = pass.Workspace.TakeZeroed(Hidden);
        hidden[0] = 1;
        float* logits = head.Logits(pass, hidden, 1);
        double others = 0, right = logits[Right], cap = softCap > 0 ? 1 - logits[Right] / (double)softCap * (logits[Right] / (double)softCap) : 1;
        for (int v = 0; v < Words; v++) others += v == Right ? 0 : Math.Exp(logits[v] - right);
        double uncertain = others / (1 + others), other = Math.Exp(logits[Other] - right) / (1 + others);
        double otherCap = softCap > 0 ? 1 - logits[Other] / (double)softCap * (logits[Other] / (double)softCap) : 1;

        float[] losses = new float[1];
        double loss = head.Loss(pass, hidden, [Right], losses, 0.5f, gradient);

        Assert.InRange(loss / Math.Log(1 + others), 1 - 2e-6, 1 + 2e-6);
        Assert.InRange(gradient[1] / (-0.5 * uncertain * cap), 1 - 2e-6, 1 + 2e-6);
        Assert.InRange(gradient[2] / (0.5 * other * otherCap), 1 - 2e-6, 1 + 2e-6);
    }
}
