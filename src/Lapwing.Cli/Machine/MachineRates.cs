using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors;

namespace Lapwing.Cli.Machine;

/// <summary>The two limits of the machine: how fast it reads memory and how fast it multiplies float32.</summary>
internal static unsafe class MachineRates
{
    // Several times the largest last-level cache of today's servers would not fit small machines; 256 MiB a thread defeats all but a few of them.
    private const long BufferBytes = 256L << 20;

    private static volatile float sink;

    /// <summary>Bytes read a second by <paramref name="threads"/> threads at once, each through its own memory: the best of several rounds in about <paramref name="seconds"/>.</summary>
    public static double ReadBandwidth(int threads, double seconds)
    {
        long each = Math.Max(16L << 20, Math.Min(BufferBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8 / threads));
        using var memory = new NativeBuffer(each * threads);
        new Span<long>(memory.Data, 1).Fill(1);
        // Pages that were never written are all the same zero page, which stays in the cache.
        Parallel(threads, t => Fill(memory.Data + t * each, each));
        return Best(seconds, () => Parallel(threads, t => sink = Sum(memory.Data + t * each, each))) * each * threads;
    }

    /// <summary>Float32 operations a second (a multiply-add is two) of <paramref name="threads"/> threads, operands in registers.</summary>
    public static double Float32Peak(int threads, double seconds)
    {
        const int turns = 4_000_000;
        long operations = 2L * turns * (Vector512.IsHardwareAccelerated ? Chains512 * Vector512<float>.Count : Chains * Vector<float>.Count);
        return Best(seconds, () => Parallel(threads, _ => sink = Vector512.IsHardwareAccelerated ? Multiply512(turns) : Multiply(turns))) * operations * threads;
    }

    private const int Chains = 10, Chains512 = 10;

    /// <summary>Rounds a second of the fastest round.</summary>
    private static double Best(double seconds, Action round)
    {
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency), best = long.MaxValue;
        do
        {
            long began = Stopwatch.GetTimestamp();
            round();
            best = Math.Min(best, Stopwatch.GetTimestamp() - began);
        }
        while (Stopwatch.GetTimestamp() < end);
        return (double)Stopwatch.Frequency / Math.Max(1, best);
    }

    private static void Parallel(int threads, Action<int> body)
    {
        var others = new Thread[threads - 1];
        for (int t = 0; t < others.Length; t++)
        {
            int index = t + 1;
            others[t] = new Thread(() => body(index)) { IsBackground = true };
            others[t].Start();
        }
        body(0);
        foreach (var thread in others) thread.Join();
    }

    private static void Fill(byte* data, long bytes)
    {
        for (long at = 0; at < bytes; at += 1 << 20) new Span<byte>(data + at, (int)Math.Min(1 << 20, bytes - at)).Fill(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(byte* data, long bytes)
    {
        var (a, b, c, d) = (Vector256<long>.Zero, Vector256<long>.Zero, Vector256<long>.Zero, Vector256<long>.Zero);
        for (byte* end = data + bytes; data < end; data += 128)
        {
            a += Vector256.Load((long*)data);
            b += Vector256.Load((long*)(data + 32));
            c += Vector256.Load((long*)(data + 64));
            d += Vector256.Load((long*)(data + 96));
        }
        return Vector256.Sum(a + b + c + d);
    }

    // Ten independent chains: two multiply-adds a cycle, four to five cycles each.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Multiply512(int turns)
    {
        var (x, y) = (Vector512.Create(0.9999f), Vector512.Create(1e-6f));
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int t = 0; t < turns; t++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Multiply(int turns)
    {
        var (x, y) = (new Vector<float>(0.9999f), new Vector<float>(1e-6f));
        Vector<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int t = 0; t < turns; t++)
        {
            a = Vector.FusedMultiplyAdd(a, x, y);
            b = Vector.FusedMultiplyAdd(b, x, y);
            c = Vector.FusedMultiplyAdd(c, x, y);
            d = Vector.FusedMultiplyAdd(d, x, y);
            e = Vector.FusedMultiplyAdd(e, x, y);
            f = Vector.FusedMultiplyAdd(f, x, y);
            g = Vector.FusedMultiplyAdd(g, x, y);
            h = Vector.FusedMultiplyAdd(h, x, y);
            i = Vector.FusedMultiplyAdd(i, x, y);
            j = Vector.FusedMultiplyAdd(j, x, y);
        }
        return Vector.Sum(a + b + c + d + e + f + g + h + i + j);
    }
}
