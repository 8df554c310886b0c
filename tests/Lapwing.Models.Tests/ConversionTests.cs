using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Models.Tests;

/// <summary>A folder written as a GGUF file computes what the folder computes, tokenizer included.</summary>
public sealed unsafe class ConversionTests
{
    [Theory]
    [MemberData(nameof(TinyRandomTests.Folders), MemberType = typeof(TinyRandomTests))]
    public void A_converted_folder_gives_the_logits_of_Transformers(string name)
    {
        string folder = SharedFolder.Path("models/tiny-random/" + name), temporary = Directory.CreateTempSubdirectory("convert").FullName;
        try
        {
            string path = Path.Combine(temporary, "model.gguf");
            FolderToGguf.Convert(folder, path, (_, type, _) => type);
            using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
            using var model = ModelLoader.Load(path);
            var view = expected.Tensors["input_ids"];
            int[] ids = [.. Enumerable.Range(0, (int)view.Count).Select(i => view.Type == ElementType.I64 ? (int)((long*)view.Data)[i] : ((int*)view.Data)[i])];
            var arithmetic = new ExactArithmetic();
            using var pass = new Pass(arithmetic);
            using var state = model.NewState(arithmetic);
            pass.Begin([new SequenceSpan(0, ids.Length, 0, state)]);
            float* logits = model.Head.Logits(pass, model.Forward(pass, ids), ids.Length), want = (float*)expected.Tensors["logits"].Data;
            float worst = 0;
            for (int i = 0; i < ids.Length * model.Info.Vocabulary; i++) worst = Math.Max(worst, float.IsNaN(logits[i]) ? float.PositiveInfinity : Math.Abs(logits[i] - want[i]));
            Assert.InRange(worst, 0, 1e-3f);

            var before = ModelText.Open(folder).Tokenizer;
            var after = ModelText.Open(path).Tokenizer;
            foreach (string text in new[] { "Once upon a time, there was a bird.", "Ünïcödé 🐦 and  spaces\n\tand 12345" })
                Assert.Equal(before.Encode(text), after.Encode(text));
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }
}
