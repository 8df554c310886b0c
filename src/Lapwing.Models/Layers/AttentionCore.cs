using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// Scaled dot-product attention (Vaswani et al., arXiv:1706.03762) of a batch's queries over each sequence's keys and values, causal, with
/// window and soft cap. Keys and values go through the sequence's cache in forward and training alike, so that both see the same rounding.
/// </summary>
internal static unsafe class AttentionCore
{
    /// <summary>
    /// q, k, v: one row a token at their strides. Writes the keys and values into the states, then out [tokens, heads · headWidth].
    /// </summary>
    public static void Forward(Pass pass, AttentionOptions options, int layer, float* q, long qStride, float* k, float* v, long kvStride, float* output)
    {
        var type = pass.Arithmetic.CacheType;
        long record = options.State(type).BytesPerToken;
        foreach (var s in pass.Sequences)
            new Store { Type = type, Record = record, Width = options.KeyWidth, K = k + s.Offset * kvStride, V = v + s.Offset * kvStride, Stride = kvStride, To = s.State.Tokens(layer) + s.Start * record }
                .ForEach(s.Length, 2L * options.KeyWidth);
        foreach (var s in pass.Sequences)
            if (s.Beginning >= 0) Buffer.MemoryCopy(pass.Sequences[s.Beginning].State.Tokens(layer), s.State.Tokens(layer), s.Start * record, s.Start * record);

        var mark = pass.Workspace.Here;
        foreach (var s in pass.Sequences)
        {
            var kv = View(pass, options, layer, s, type, record);
            var work = new Queries
            {
                Options = Shape.Of(options), Kv = kv, Start = s.Start, Q = q + s.Offset * qStride, QStride = qStride, Output = output + (long)s.Offset * options.QueryWidth,
                ScoresStride = s.Start + s.Length, Scores = pass.Workspace.Take((long)ThreadTeam.Shared.Count * (s.Start + s.Length)), Rows = s.Length * options.Heads,
            };
            // Two products of headWidth for each key that is seen.
            work.ForEachPart(work.Rows, (long)work.Rows * (s.Start + s.Length) * options.HeadWidth);
            pass.Workspace.Release(mark);
        }
    }

    /// <summary>
    /// From the gradient of the output: dq, dk, dv (each overwritten, at their strides). Scores are computed again rather than kept: they would be
    /// tokens² · heads floats a layer. Sequences must have started at position 0, or begin with one of the same batch, which then gathers from all that share it.
    /// </summary>
    public static void Backward(Pass pass, AttentionOptions options, int layer, float* q, long qStride, float* dOut, float* dq, float* dk, float* dv, long kvStride)
    {
        var type = pass.Arithmetic.CacheType;
        long record = options.State(type).BytesPerToken;
        foreach (var s in pass.Sequences)
        {
            if (s.Start != 0 && s.Beginning < 0) throw new InvalidOperationException("a backward pass needs whole sequences, from position 0 on");
            long before = s.Beginning < 0 ? 0 : pass.Sequences[s.Beginning].Offset * kvStride;
            var mark = pass.Workspace.Here;
            var kv = View(pass, options, layer, s, type, record, asFloats: true);
            int threads = ThreadTeam.Shared.Count;
            var work = new Gradients
            {
                Options = Shape.Of(options), Kv = kv, Start = s.Start, Length = s.Length, QStride = qStride, KvStride = kvStride, Rows = options.KeyValueHeads,
                Q = q + s.Offset * qStride, DOut = dOut + (long)s.Offset * options.QueryWidth, Dq = dq + s.Offset * qStride, Dk = dk + s.Offset * kvStride, Dv = dv + s.Offset * kvStride,
                DkBefore = dk + before, DvBefore = dv + before,
                Scratch = pass.Workspace.Take(3L * threads * (s.Start + s.Length)),
            };
            work.ForEachPart(work.Rows, (long)s.Length * (s.Start + s.Length) * options.QueryWidth);
            pass.Workspace.Release(mark);
        }
    }

    // A float16 cache is turned to float32 once where several queries will read it; one query reads it as it is. The bits are the same.
    private static Cached View(Pass pass, AttentionOptions options, int layer, in SequenceSpan s, ElementType type, long record, bool asFloats = false)
    {
        byte* from = s.State.Tokens(layer);
        int width = options.KeyWidth, count = s.Start + s.Length;
        if (type == ElementType.F32) return new Cached { K = from, V = from + width * sizeof(float), Stride = record, Half = false };
        if (type != ElementType.F16) throw new NotSupportedException($"a key/value cache of {type} is not supported: use f16 or f32");
        if (s.Length < 4 && !asFloats) return new Cached { K = from, V = from + width * sizeof(ushort), Stride = record, Half = true };
        float* floats = pass.Workspace.Take(2L * count * width);
        new Widen { From = from, To = floats, Record = record, Width = 2 * width }.ForEach(count, 2L * width);
        return new Cached { K = (byte*)floats, V = (byte*)(floats + width), Stride = 2L * width * sizeof(float), Half = false };
    }

    private struct Cached
    {
        public byte* K, V;
        public long Stride;
        public bool Half;

        /// <summary>scores[j] = q · key at first + j.</summary>
        public readonly void Dots(float* q, int first, int count, int column, int n, float* scores)
        {
            byte* from = K + first * Stride;
            if (Half) VectorMath.DotRowsHalf(q, (ushort*)from + column, Stride / sizeof(ushort), count, n, scores);
            else VectorMath.DotRows(q, (float*)from + column, Stride / sizeof(float), count, n, scores);
        }

        /// <summary>slopes[j] = dy · value at first + j.</summary>
        public readonly void ValueDots(float* dy, int first, int count, int column, int n, float* slopes) =>
            VectorMath.DotRows(dy, (float*)(V + first * Stride) + column, Stride / sizeof(float), count, n, slopes);

        /// <summary>y += Σ weights[j] · value at first + j.</summary>
        public readonly void AddValues(float* y, float* weights, int first, int count, int column, int n)
        {
            byte* from = V + first * Stride;
            if (Half) VectorMath.AddRowsHalf(y, weights, (ushort*)from + column, Stride / sizeof(ushort), count, n);
            else VectorMath.AddRows(y, weights, (float*)from + column, Stride / sizeof(float), count, n);
        }

        /// <summary>y += Σ weights[j] · key at first + j.</summary>
        public readonly void AddKeys(float* y, float* weights, int first, int count, int column, int n) =>
            VectorMath.AddRows(y, weights, (float*)(K + first * Stride) + column, Stride / sizeof(float), count, n);
    }

    // The options' numbers as a plain struct: work items may not hold references that the team's threads would have to chase.
    private struct Shape
    {
        public int Heads, Group, Width, Window;
        public float Scale, SoftCap;

        public static Shape Of(AttentionOptions o) =>
            new() { Heads = o.Heads, Group = o.Heads / o.KeyValueHeads, Width = o.HeadWidth, Window = o.Window, Scale = o.Scale, SoftCap = o.SoftCap };

        public readonly int First(int position) => Window > 0 ? Math.Max(0, position - Window + 1) : 0;
    }

    private struct Store : IRowWork
    {
        public ElementType Type;
        public long Record, Stride;
        public int Width;
        public float* K, V;
        public byte* To;

        public readonly void Run(int t)
        {
            byte* to = To + t * Record;
            if (Type == ElementType.F32)
            {
                new Span<float>(K + t * Stride, Width).CopyTo(new Span<float>(to, Width));
                new Span<float>(V + t * Stride, Width).CopyTo(new Span<float>((float*)to + Width, Width));
                return;
            }
            VectorMath.ToHalf(K + t * Stride, (ushort*)to, Width);
            VectorMath.ToHalf(V + t * Stride, (ushort*)to + Width, Width);
        }
    }

    private struct Widen : IRowWork
    {
        public byte* From;
        public float* To;
        public long Record;
        public int Width;

        public readonly void Run(int t) => VectorMath.FromHalf((ushort*)(From + t * Record), To + (long)t * Width, Width);
    }

    private struct Queries : IPartWork
    {
        public Shape Options;
        public Cached Kv;
        public float* Q, Output, Scores;
        public long QStride, ScoresStride;
        public int Start, Rows;

        public readonly void Run(int part, int parts)
        {
            float* scores = Scores + part * ScoresStride;
            // Dealt out in turn: later tokens see more keys.
            for (int r = part; r < Rows; r += parts)
            {
                int t = r / Options.Heads, h = r % Options.Heads, last = Start + t, first = Options.First(last), n = last - first + 1, column = h / Options.Group * Options.Width;
                float* q = Q + t * QStride + (long)h * Options.Width, y = Output + (long)r * Options.Width;
                Kv.Dots(q, first, n, column, Options.Width, scores);
                if (Options.SoftCap <= 0) VectorMath.Scale(scores, Options.Scale, scores, n);
                else
                {
                    VectorMath.Scale(scores, Options.Scale / Options.SoftCap, scores, n);
                    VectorMath.Tanh(scores, scores, n);
                    VectorMath.Scale(scores, Options.SoftCap, scores, n);
                }
                VectorMath.Softmax(scores, n);
                new Span<float>(y, Options.Width).Clear();
                Kv.AddValues(y, scores, first, n, column, Options.Width);
            }
        }
    }

    private struct Gradients : IPartWork
    {
        public Shape Options;
        public Cached Kv;
        public float* Q, DOut, Dq, Dk, Dv, DkBefore, DvBefore, Scratch;
        public long QStride, KvStride;
        public int Start, Length, Rows;

        public readonly void Run(int part, int parts)
        {
            int width = Options.Width;
            int keys = Start + Length;
            float* p = Scratch + 3L * part * keys, slope = p + keys, ds = slope + keys;
            for (int g = part; g < Rows; g += parts)
            {
                for (int t = 0; t < Length; t++)
                {
                    new Span<float>(Dk + t * KvStride + (long)g * width, width).Clear();
                    new Span<float>(Dv + t * KvStride + (long)g * width, width).Clear();
                }
                for (int h = g * Options.Group; h < (g + 1) * Options.Group; h++)
                    for (int t = 0; t < Length; t++) Query(g, h, t, p, slope, ds);
            }
        }

        private readonly void Query(int g, int h, int t, float* p, float* slope, float* ds)
        {
            int width = Options.Width, first = Options.First(Start + t), n = Start + t - first + 1, column = g * width;
            float* q = Q + t * QStride + (long)h * width, dq = Dq + t * QStride + (long)h * width, dy = DOut + ((long)t * Options.Heads + h) * width;
            Kv.Dots(q, first, n, column, width, p);
            if (Options.SoftCap <= 0) VectorMath.Scale(p, Options.Scale, p, n);
            else
            {
                VectorMath.Scale(p, Options.Scale / Options.SoftCap, p, n);
                VectorMath.Tanh(p, slope, n);
                VectorMath.Scale(slope, Options.SoftCap, p, n);
            }
            VectorMath.Softmax(p, n);
            Kv.ValueDots(dy, first, n, column, width, ds);
            float mean = VectorMath.Dot(p, ds, n);
            for (int j = 0; j < n; j++)
            {
                // Through the softmax, then d/ds cap · tanh(s / cap) = 1 − tanh², then the scale.
                float capped = Options.SoftCap <= 0 ? 1 : 1 - slope[j] * slope[j];
                ds[j] = p[j] * (ds[j] - mean) * capped * Options.Scale;
            }
            new Span<float>(dq, width).Clear();
            Kv.AddKeys(dq, ds, first, n, column, width);
            for (int j = 0; j < n; j++)
            {
                bool own = first + j >= Start;
                long at = (own ? first + j - Start : first + j) * KvStride + column;
                VectorMath.Axpy((own ? Dk : DkBefore) + at, ds[j], q, width);
                VectorMath.Axpy((own ? Dv : DvBefore) + at, p[j], dy, width);
            }
        }
    }
}
