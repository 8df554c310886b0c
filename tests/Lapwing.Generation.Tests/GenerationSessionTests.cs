using CsCheck;
using Lapwing.Formats.Safetensors;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Generation.Tests;

public sealed class GenerationSessionTests(RandomModel random) : IClassFixture<RandomModel>
{
    private readonly DecoderModel _model = random.Model;

    private static readonly Gen<int[]> Prompt = Gen.Int[0, 3].Array[1, 40]; // few words: common beginnings are common

    private float[] Fresh(int[] prompt, Arithmetic arithmetic)
    {
        using var session = new GenerationSession(_model, arithmetic);
        Assert.Equal(0, session.Evaluate(prompt));
        return session.Logits.ToArray();
    }

    [Fact]
    public void A_cached_beginning_is_kept_and_the_logits_are_those_of_a_fresh_session_to_the_bit()
    {
        foreach (Arithmetic arithmetic in new Arithmetic[] { new ExactArithmetic(), new FastArithmetic() })
        {
            using var session = new GenerationSession(_model, arithmetic);
            Prompt.Array[2, 6].Sample(
                prompts =>
                {
                    session.Clear();
                    int[] before = [];
                    foreach (int[] prompt in prompts)
                    {
                        int common = before.Zip(prompt).TakeWhile(x => x.First == x.Second).Count();
                        Assert.Equal(Math.Min(common, prompt.Length - 1), session.Evaluate(prompt));
                        Assert.Equal(prompt, session.Tokens);
                        Assert.Equal(Fresh(prompt, arithmetic), session.Logits.ToArray());
                        before = prompt;
                    }
                },
                iter: 30,
                threads: 1);
        }
    }

    [Fact]
    public void Token_by_token_is_the_same_as_all_at_once()
    {
        int[] prompt = [.. Enumerable.Range(0, RandomModel.Context).Select(i => i * 7 % RandomModel.Vocabulary)];
        using var session = new GenerationSession(_model, new FastArithmetic());
        session.Evaluate(prompt.AsSpan(0, 1));
        foreach (int token in prompt[1..]) session.Append(token);
        Assert.Equal(Fresh(prompt, new FastArithmetic()), session.Logits.ToArray());
    }

    [Fact]
    public void A_prompt_that_does_not_fit_is_an_error_with_both_counts()
    {
        using var session = new GenerationSession(_model, new ExactArithmetic(), contextLength: 8);
        Assert.Equal(0, session.Evaluate([1, 2, 3, 4, 5, 6, 7, 8]));
        var e = Assert.Throws<ArgumentException>(() => session.Evaluate([1, 2, 3, 4, 5, 6, 7, 8, 9]));
        Assert.Contains("9 tokens", e.Message);
        Assert.Contains("holds 8", e.Message);
        Assert.Equal(8, session.Tokens.Count); // untouched
        Assert.Contains("full", Assert.Throws<InvalidOperationException>(() => session.Append(1)).Message);
    }

    [Fact]
    public void Wrong_prompts_are_clear_errors()
    {
        using var session = new GenerationSession(_model, new ExactArithmetic());
        Assert.Equal(RandomModel.Context, session.ContextLength);
        Assert.Contains("no tokens", Assert.Throws<ArgumentException>(() => session.Evaluate([])).Message);
        Assert.Contains("token 64", Assert.Throws<ArgumentException>(() => session.Evaluate([1, 64])).Message);
        Assert.Contains("token -1", Assert.Throws<ArgumentException>(() => session.Evaluate([-1])).Message);
        Assert.Throws<InvalidOperationException>(() => session.Logits.Length);
        Assert.Throws<ArgumentException>(() => new GenerationSession(_model, new ExactArithmetic(), 0));
        session.Evaluate([1]);
        Assert.Throws<ArgumentException>(() => session.Append(64));
        Assert.Equal([1], session.Tokens);
        session.Append(3);
        Assert.Equal(Fresh([1, 3], new ExactArithmetic()), session.Logits.ToArray());
    }

    [Fact]
    public void A_cancelled_evaluation_can_go_on()
    {
        using var session = new GenerationSession(_model, new ExactArithmetic());
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => session.Evaluate([1, 2, 3], cancelled.Token));
        session.Evaluate([1, 2, 3]);
        Assert.Equal(Fresh([1, 2, 3], new ExactArithmetic()), session.Logits.ToArray());
    }

    [Fact]
    public void Decoding_a_token_allocates_nothing()
    {
        using var session = new GenerationSession(_model, new FastArithmetic());
        SamplerChain chain = SamplerChain.Create(
            new SamplerOptions { Seed = 1, RepeatPenalty = 1.1f }, new SamplerVocabulary(RandomModel.Vocabulary, RandomModel.Context));
        session.Evaluate(new int[RandomModel.Context]); // the cache grows by doubling, now to its full size
        session.Evaluate([1, 2, 3]);
        long allocated = 0;
        for (int i = 0; i < 90; i++)
        {
            if (i == 20) allocated = GC.GetAllocatedBytesForCurrentThread();
            int token = chain.Sample(session.Logits);
            chain.Accept(token);
            session.Append(token);
        }

        Assert.Equal(allocated, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("llama3-scaled")]
    [InlineData("mistral-window")]
    [InlineData("mixtral")]
    [InlineData("smollm3")]
    [InlineData("qwen2")]
    [InlineData("qwen3-moe")]
    [InlineData("gemma2")]
    [InlineData("gemma3")]
    [InlineData("phi3")]
    [InlineData("granite")]
    [InlineData("olmo2")]
    [InlineData("gpt2")]
    public unsafe void Greedy_tokens_are_those_of_Transformers(string name)
    {
        using var expected = SafetensorsFile.Open(SharedFolder.Path($"models/tiny-random/{name}/expected.safetensors"));
        using DecoderModel model = ModelLoader.Load(SharedFolder.Path($"models/tiny-random/{name}"));
        using var session = new GenerationSession(model, new ExactArithmetic());
        SamplerChain chain = SamplerChain.Create(new SamplerOptions { Temperature = 0f }, new SamplerVocabulary(model.Head.Vocabulary, session.ContextLength));
        session.Evaluate(Ids(expected.Tensors["input_ids"]));
        foreach (int token in Ids(expected.Tensors["greedy"]))
        {
            Assert.Equal(token, chain.Sample(session.Logits));
            session.Append(token);
        }
    }

    private static unsafe int[] Ids(Lapwing.Formats.TensorView view) => view.Type switch
    {
        ElementType.I64 => [.. new ReadOnlySpan<long>(view.Data, (int)view.Count).ToArray().Select(x => (int)x)],
        _ => new ReadOnlySpan<int>(view.Data, (int)view.Count).ToArray(),
    };
}
