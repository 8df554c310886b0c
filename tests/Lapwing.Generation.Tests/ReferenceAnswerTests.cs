using System.Text.Json;
using Lapwing.Formats.Gguf;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Testing;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Generation.Tests;

/// <summary>Whole answers of trained models against their references.</summary>
public class ReferenceAnswerTests
{
    private static readonly SamplerOptions Greedy = new() { Temperature = 0f };

    [Fact]
    public void Stories260k_tells_the_published_story()
    {
        using GgufFile file = GgufFile.Open(SharedFolder.Path("models/stories260k.f32.gguf"));
        Tokenizer tokenizer = TestTokenizers.Of(file);
        using DecoderModel model = ModelLoader.Load(SharedFolder.Path("models/stories260k.f32.gguf"));
        using var generator = new TextGenerator(model, tokenizer, new ExactArithmetic());
        int[] expected = JsonSerializer.Deserialize<int[]>(File.ReadAllText(SharedFolder.Path("models/stories260k.sample.json")))!;
        int[] prompt = tokenizer.Encode("Once upon a time");
        Assert.Equal(expected[..prompt.Length], prompt);
        GenerationResult result = generator.Generate(prompt, new GenerationOptions { MaxTokens = 200, Sampler = Greedy });
        Assert.Equal(expected[prompt.Length..], result.Tokens.Take(expected.Length - prompt.Length));
        string story = File.ReadAllText(SharedFolder.Path("models/stories260k.sample.txt")).Trim();
        Assert.StartsWith(story, "Once upon a time" + result.Text);
    }

    [Fact]
    public void SmolLM2_answers_as_Transformers_does_and_stops_there()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(SharedFolder.Path("models/smollm2-135m-instruct.reference.json")));
        JsonElement first = json.RootElement.GetProperty("greedy")[0];
        string path = SharedFolder.Path("models/smollm2-135m-instruct.q4_1.gguf");
        using GgufFile file = GgufFile.Open(path);
        using DecoderModel model = ModelLoader.Load(path);
        using var generator = new TextGenerator(model, TestTokenizers.Of(file), new ExactArithmetic(), contextLength: 256);
        int[] prompt = [.. first.GetProperty("prompt_ids").EnumerateArray().Select(x => x.GetInt32())];
        int[] answer = [.. first.GetProperty("answer_ids").EnumerateArray().Select(x => x.GetInt32())];
        GenerationResult result = generator.Generate(prompt, new GenerationOptions { MaxTokens = 20, Sampler = Greedy });
        Assert.Equal(answer[..^1], result.Tokens); // the last one is the end token
        Assert.Equal(FinishReason.Stop, result.Finish);
        Assert.Equal(first.GetProperty("answer").GetString(), result.Text);
    }
}
