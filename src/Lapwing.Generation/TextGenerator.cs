using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Generation;

/// <summary>From the ids of a prompt to a stream of text, over one <see cref="GenerationSession"/>: the cache carries over from prompt to prompt.</summary>
public sealed class TextGenerator : IDisposable
{
    /// <summary>Pieces that may wait for a slow reader of <see cref="StreamAsync"/> before generation pauses.</summary>
    private const int Waiting = 64;

    private readonly Tokenizer _tokenizer;
    private readonly SamplerVocabulary _vocabulary;
    private readonly TimeSpan _loadTime;

    /// <summary>A generator with an empty session.</summary>
    /// <param name="model">Stays the caller's, and must outlive the generator.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="arithmetic">The numeric policy.</param>
    /// <param name="contextLength">Tokens at most, prompt and answer together; null: what the model was trained for.</param>
    /// <param name="loadTime">How long loading took, for <see cref="GenerationTimings"/>.</param>
    /// <exception cref="ArgumentException">The context length is not positive.</exception>
    public TextGenerator(DecoderModel model, Tokenizer tokenizer, Arithmetic arithmetic, int? contextLength = null, TimeSpan loadTime = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        Session = new GenerationSession(model, arithmetic, contextLength);
        (_tokenizer, _loadTime) = (tokenizer, loadTime);
        int size = Math.Min(model.Head.Vocabulary, tokenizer.VocabularySize); // rows beyond the tokenizer's ids pad the matrix and mean nothing
        _vocabulary = new SamplerVocabulary(
            size, Session.ContextLength, id => tokenizer.TokenBytes(id).ToArray(), text => tokenizer.Encode(text, addSpecial: false, parseSpecial: false));
    }

    /// <summary>The session: what is cached, and how much fits.</summary>
    public GenerationSession Session { get; }

    /// <summary>Begins an answer to <paramref name="prompt"/>. Nothing is computed before the first step.</summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public GenerationRun Start(ReadOnlySpan<int> prompt, GenerationOptions? options = null)
    {
        options ??= new GenerationOptions();
        if (options.MaxTokens < 0) throw new ArgumentException($"the number of tokens is {options.MaxTokens}; give 0 or more, or none for no bound");
        SamplerOptions sampler = options.Sampler;
        if (options.IgnoreEndOfGeneration) sampler = sampler with { LogitBias = Forbidding(sampler.LogitBias) };
        return new GenerationRun(Session, _tokenizer, SamplerChain.Create(sampler, _vocabulary), options, prompt.ToArray(), _loadTime);
    }

    /// <summary>The whole answer at once.</summary>
    /// <param name="prompt">Ids.</param>
    /// <param name="options">How long and how.</param>
    /// <param name="onText">Called with each piece of text as it becomes sure.</param>
    /// <param name="cancellation">Ends it early with an exception.</param>
    /// <inheritdoc cref="GenerationRun.MoveNext" path="/exception"/>
    public GenerationResult Generate(
        ReadOnlySpan<int> prompt, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellation = default)
    {
        GenerationRun run = Start(prompt, options);
        var text = new StringBuilder();
        while (run.MoveNext(cancellation))
        {
            if (run.Text.IsEmpty) continue;
            text.Append(run.Text);
            onText?.Invoke(run.Text.ToString());
        }

        return new GenerationResult(
            text.ToString(), run.Tokens, run.PromptTokens, run.CachedTokens, run.Finish!.Value, run.ContextFull, run.StopString, run.Seed, run.Timings);
    }

    /// <summary>The pieces of text of <paramref name="run"/>, computed as they are asked for.</summary>
    /// <inheritdoc cref="GenerationRun.MoveNext" path="/exception"/>
    public static IEnumerable<string> Stream(GenerationRun run, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        while (run.MoveNext(cancellation))
        {
            if (!run.Text.IsEmpty) yield return run.Text.ToString();
        }
    }

    /// <summary>The pieces of text of <paramref name="run"/>, computed on a thread of its own. Who stops reading stops it.</summary>
    /// <inheritdoc cref="GenerationRun.MoveNext" path="/exception"/>
    public static async IAsyncEnumerable<string> StreamAsync(GenerationRun run, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var pieces = Channel.CreateBounded<string>(new BoundedChannelOptions(Waiting) { SingleReader = true, SingleWriter = true });
        Task work = Task.Factory.StartNew(() => Write(run, pieces.Writer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (string piece in pieces.Reader.ReadAllAsync(cancellation).ConfigureAwait(false)) yield return piece;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false); // never throws: the session must be at rest when the caller goes on
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Session.Dispose();

    private static void Write(GenerationRun run, ChannelWriter<string> pieces, CancellationToken cancellation)
    {
        try
        {
            foreach (string piece in Stream(run, cancellation))
            {
                if (!pieces.TryWrite(piece)) pieces.WriteAsync(piece, cancellation).AsTask().GetAwaiter().GetResult();
            }

            pieces.Complete();
        }
        catch (Exception e)
        {
            pieces.Complete(e); // the reader sees it
        }
    }

    private Dictionary<int, float> Forbidding(IReadOnlyDictionary<int, float> bias)
    {
        var all = new Dictionary<int, float>(bias);
        foreach (int end in _tokenizer.EndOfGeneration.Where(e => e < _vocabulary.Size)) all[end] = float.NegativeInfinity;
        return all;
    }
}
