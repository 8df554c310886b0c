using System.Text;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Generation.Tests;

public sealed class TextGeneratorTests(RandomModel random) : IClassFixture<RandomModel>
{
    private static readonly Tokenizer Tokenizer = TestTokenizers.Small();

    private static readonly SamplerOptions Free = new() { Seed = 5, TopK = 0, TopP = 1f, MinP = 0f, Temperature = 1f };

    // Never ends by itself, so that lengths are certain.
    private static readonly GenerationOptions Endless = new() { Sampler = Free, IgnoreEndOfGeneration = true };

    private static readonly int[] Prompt = [1, 10, 20, 30];

    private readonly DecoderModel _model = random.Model;

    private TextGenerator New(int? context = null, Arithmetic? arithmetic = null)
        => new(_model, Tokenizer, arithmetic ?? new FastArithmetic(), context, TimeSpan.FromMilliseconds(12));

    [Fact]
    public void An_answer_of_n_tokens_ends_by_length_and_its_text_is_that_of_its_tokens()
    {
        using TextGenerator generator = New();
        var pieces = new StringBuilder();
        GenerationResult result = generator.Generate(Prompt, Endless with { MaxTokens = 40 }, t => pieces.Append(t));
        Assert.Equal((FinishReason.Length, false, 40, 4, 0), (result.Finish, result.ContextFull, result.CompletionTokens, result.PromptTokens, result.CachedTokens));
        Assert.Equal(result.Text, pieces.ToString());
        StreamingDecoder decoder = Tokenizer.CreateDecoder();
        Assert.Equal(string.Concat(result.Tokens.Select(decoder.Next)) + decoder.Flush(), result.Text);
        Assert.Equal(5, result.Seed);
        Assert.Equal("length", result.Finish.Name());
        Assert.Equal(12, result.Timings.LoadMilliseconds);
        Assert.True(result.Timings is { TimeToFirstTokenMilliseconds: > 0, PromptTokensPerSecond: > 0, CompletionTokensPerSecond: > 0 });
    }

    [Fact]
    public void The_same_seed_gives_the_same_tokens_whatever_is_cached_and_however_many_threads()
    {
        using var one = new ThreadTeam(1);
        using var two = new ThreadTeam(2);
        using TextGenerator first = New(arithmetic: new FastArithmetic(one)), second = New(arithmetic: new FastArithmetic(two));
        GenerationOptions options = Endless with { MaxTokens = 50 };
        GenerationResult a = first.Generate(Prompt, options), b = second.Generate(Prompt, options), again = first.Generate(Prompt, options);
        Assert.Equal(a.Tokens, b.Tokens);
        Assert.Equal(a.Tokens, again.Tokens);
        Assert.Equal((0, 3), (a.CachedTokens, again.CachedTokens));
        Assert.NotEqual(a.Tokens, first.Generate(Prompt, options with { Sampler = Free with { Seed = 6 } }).Tokens);
    }

    [Fact]
    public void A_conversation_that_goes_on_evaluates_only_what_is_new()
    {
        using TextGenerator generator = New();
        GenerationResult first = generator.Generate(Prompt, Endless with { MaxTokens = 10 });
        int[] longer = [.. Prompt, .. first.Tokens, 11, 12];
        GenerationResult second = generator.Generate(longer, Endless with { MaxTokens = 10 });
        Assert.Equal(Prompt.Length + 9, second.CachedTokens); // the tenth token was chosen, never evaluated
        using TextGenerator fresh = New();
        Assert.Equal(fresh.Generate(longer, Endless with { MaxTokens = 10 }).Tokens, second.Tokens);
    }

    [Fact]
    public void The_end_token_ends_the_answer_and_is_not_part_of_it()
    {
        using TextGenerator generator = New();
        SamplerOptions ending = Free with { LogitBias = new Dictionary<int, float> { [TestTokenizers.End] = 4f } };
        GenerationRun run = generator.Start(Prompt, new GenerationOptions { Sampler = ending });
        var text = new StringBuilder();
        while (run.MoveNext()) text.Append(run.Text);
        Assert.Equal((FinishReason.Stop, TestTokenizers.End), (run.Finish, run.EndToken));
        Assert.DoesNotContain(TestTokenizers.End, run.Tokens);
        Assert.DoesNotContain("</s>", text.ToString());
        Assert.Equal("stop", run.Finish!.Value.Name());
        Assert.False(run.MoveNext());

        // The same, forbidden: it goes on to the bound.
        GenerationResult ignored = generator.Generate(Prompt, new GenerationOptions { Sampler = ending, IgnoreEndOfGeneration = true, MaxTokens = 60 });
        Assert.Equal((FinishReason.Length, 60), (ignored.Finish, ignored.CompletionTokens));
        Assert.DoesNotContain(TestTokenizers.End, ignored.Tokens);
    }

    [Fact]
    public void A_full_context_ends_the_answer_and_says_so()
    {
        using TextGenerator generator = New(context: 16);
        GenerationResult result = generator.Generate(Prompt, Endless);
        Assert.Equal((FinishReason.Length, true), (result.Finish, result.ContextFull));
        Assert.Equal(13, result.CompletionTokens); // 4 + 12 evaluated fill it, and the last logits choose one more
        Assert.Equal(16, generator.Session.Tokens.Count);
        Assert.False(generator.Generate(Prompt, Endless with { MaxTokens = 13 }).ContextFull);
        Assert.Equal(1, generator.Generate([.. Enumerable.Repeat(9, 16)], Endless).CompletionTokens);
    }

    [Fact]
    public void A_prompt_that_does_not_fit_is_an_error_and_nothing_is_cut()
    {
        using TextGenerator generator = New(context: 3);
        Assert.Contains("4 tokens, but the context holds 3", Assert.Throws<ArgumentException>(() => generator.Generate(Prompt, Endless)).Message);
        Assert.Throws<ArgumentException>(() => generator.Generate([], Endless));
        Assert.Throws<ArgumentException>(() => generator.Start(Prompt, Endless with { MaxTokens = -1 }));
        Assert.Throws<ArgumentException>(() => generator.Start([1, 999], Endless).MoveNext());
    }

    [Fact]
    public void A_stop_string_ends_the_answer_before_it()
    {
        using TextGenerator generator = New();
        string whole = generator.Generate(Prompt, Endless with { MaxTokens = 60 }).Text;
        for (int at = 3; at < whole.Length - 4; at += 5)
        {
            string stop = whole.Substring(at, 4);
            if (char.IsLowSurrogate(stop[0]) || char.IsHighSurrogate(stop[^1])) continue;
            GenerationResult result = generator.Generate(Prompt, Endless with { MaxTokens = 60, StopStrings = ["never there", stop] });
            Assert.Equal((FinishReason.StopString, stop), (result.Finish, result.StopString));
            Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], result.Text);
        }

        Assert.Equal("stop_string", FinishReason.StopString.Name());
    }

    [Fact]
    public void The_beginning_of_a_stop_string_at_the_end_is_text()
    {
        using TextGenerator generator = New();
        string whole = generator.Generate(Prompt, Endless with { MaxTokens = 30 }).Text;
        GenerationResult result = generator.Generate(Prompt, Endless with { MaxTokens = 30, StopStrings = [whole[^3..] + "#"] });
        Assert.Equal((FinishReason.Length, whole), (result.Finish, result.Text));
    }

    [Fact]
    public void Penalties_look_back_on_the_prompt()
    {
        using TextGenerator generator = New();
        GenerationOptions one = Endless with { MaxTokens = 1, Sampler = new SamplerOptions { Temperature = 0f } };
        int favourite = generator.Generate(Prompt, one).Tokens[0];
        int[] prompt = [favourite, .. Prompt];
        int[] scored = [generator.Generate(prompt, one).Tokens[0]];
        int other = generator.Generate([.. prompt, .. scored], one with { Sampler = one.Sampler with { PresencePenalty = 500f } }).Tokens[0];
        Assert.DoesNotContain(other, (IEnumerable<int>)[.. prompt, .. scored]);
    }

    [Fact]
    public void No_tokens_wanted_means_the_prompt_is_evaluated_and_nothing_chosen()
    {
        using TextGenerator generator = New();
        GenerationResult result = generator.Generate(Prompt, Endless with { MaxTokens = 0 });
        Assert.Equal((FinishReason.Length, 0, ""), (result.Finish, result.CompletionTokens, result.Text));
        Assert.Equal(Prompt, generator.Session.Tokens);
    }

    [Fact]
    public async Task Streams_bring_the_same_text_and_stop_with_their_reader()
    {
        using TextGenerator generator = New();
        GenerationOptions options = Endless with { MaxTokens = 60 };
        string whole = generator.Generate(Prompt, options).Text;
        Assert.Equal(whole, string.Concat(TextGenerator.Stream(generator.Start(Prompt, options))));
        var text = new StringBuilder();
        await foreach (string piece in TextGenerator.StreamAsync(generator.Start(Prompt, options))) text.Append(piece);
        Assert.Equal(whole, text.ToString());

        GenerationRun run = generator.Start(Prompt, options);
        await foreach (string piece in TextGenerator.StreamAsync(run)) break;
        Assert.Equal(whole, generator.Generate(Prompt, options).Text);

        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in TextGenerator.StreamAsync(generator.Start(Prompt, options), cancelled.Token)) await cancelled.CancelAsync();
        });
        await Assert.ThrowsAsync<ArgumentException>(async () =>
        {
            await foreach (string piece in TextGenerator.StreamAsync(generator.Start([999], options))) { }
        });
    }

    [Fact]
    public void A_cancelled_run_can_go_on_and_a_newer_one_replaces_it()
    {
        using TextGenerator generator = New();
        GenerationOptions options = Endless with { MaxTokens = 20 };
        IReadOnlyList<int> whole = generator.Generate(Prompt, options).Tokens;
        GenerationRun run = generator.Start(Prompt, options);
        using var cancelled = new CancellationTokenSource();
        Assert.True(run.MoveNext(cancelled.Token));
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => run.MoveNext(cancelled.Token));
        while (run.MoveNext()) { }
        Assert.Equal(whole, run.Tokens);

        run = generator.Start(Prompt, options);
        run.MoveNext();
        generator.Start(Prompt, options);
        Assert.Contains("newer", Assert.Throws<InvalidOperationException>(() => run.MoveNext()).Message);
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        using TextGenerator generator = New();
        GenerationOptions options = Endless with { StopStrings = ["never there"], Sampler = Free with { RepeatPenalty = 1.1f } };
        generator.Generate(Prompt, options); // the cache and the buffers grow to their full size
        GenerationRun run = generator.Start(Prompt, options);
        for (int i = 0; i < 20; i++) run.MoveNext();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 60; i++) run.MoveNext();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
