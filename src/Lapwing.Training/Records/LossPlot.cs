using System.Globalization;
using System.Text;

namespace Lapwing.Training;

/// <summary>The loss of a run as a picture: one SVG file without script, fonts or links.</summary>
public static class LossPlot
{
    private const int Width = 720, Height = 360, Left = 56, Right = 16, Top = 28, Bottom = 40;

    /// <summary>Draws the loss of every step (thin), its running mean (bold) and the validation losses (dots).</summary>
    public static string ToSvg(IReadOnlyList<StepRecord> steps, IReadOnlyList<ValidationRecord> validation)
    {
        var finite = steps.Where(s => double.IsFinite(s.Loss)).ToArray();
        double[] values = [.. finite.Select(s => s.Loss), .. validation.Select(v => v.Loss).Where(double.IsFinite)];
        double low = values.Length == 0 ? 0 : values.Min(), high = values.Length == 0 ? 1 : values.Max();
        double step = NiceStep((high - low) / 5);
        low = Math.Floor(low / step) * step;
        high = Math.Max(low + step, Math.Ceiling(high / step) * step);
        int last = Math.Max(1, Math.Max(steps.Count == 0 ? 1 : steps[^1].Step, validation.Count == 0 ? 1 : validation[^1].Step));
        double X(double s) => Left + s / last * (Width - Left - Right);
        double Y(double loss) => Top + (high - loss) / (high - low) * (Height - Top - Bottom);

        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n"));
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (double tick = low; tick <= high + step / 2; tick += step)
        {
            svg.Append(Invariant($"<path d=\"M{Left} {Y(tick):0.##}H{Width - Right}\" stroke=\"#ddd\"/>"));
            svg.Append(Invariant($"<text x=\"{Left - 6}\" y=\"{Y(tick) + 4:0.##}\" text-anchor=\"end\">{tick:0.####}</text>\n"));
        }

        int every = Math.Max(1, (int)NiceStep(last / 8.0));
        for (int s = 0; s <= last; s += every) svg.Append(Invariant($"<text x=\"{X(s):0.##}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{s}</text>\n"));
        svg.Append(Invariant($"<text x=\"{Width / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">step</text><text x=\"{Left}\" y=\"16\">loss: <tspan fill=\"#2b6cb0\">training</tspan>"));
        svg.Append(validation.Count > 0 ? " <tspan fill=\"#c05621\">● held out</tspan></text>\n" : "</text>\n");
        svg.Append(Line(finite.Select(s => (X(s.Step), Y(s.Loss))), "#2b6cb0", 0.6, 0.5));
        svg.Append(Line(Smooth(finite).Select(s => (X(s.Step), Y(s.Mean))), "#2b6cb0", 2, 1));
        foreach (var v in validation.Where(v => double.IsFinite(v.Loss))) svg.Append(Invariant($"<circle cx=\"{X(v.Step):0.##}\" cy=\"{Y(v.Loss):0.##}\" r=\"4\" fill=\"#c05621\"/>\n"));
        return svg.Append("</svg>\n").ToString();
    }

    // A mean that forgets: over the last tenth of the run, roughly.
    private static IEnumerable<(int Step, double Mean)> Smooth(StepRecord[] steps)
    {
        double keep = 1 - 1 / Math.Max(2, steps.Length / 10.0), mean = 0, weight = 0;
        foreach (var s in steps)
        {
            mean = keep * mean + (1 - keep) * s.Loss;
            weight = keep * weight + (1 - keep);
            yield return (s.Step, mean / weight);
        }
    }

    private static string Line(IEnumerable<(double X, double Y)> points, string colour, double width, double opacity) =>
        Invariant($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-opacity=\"{opacity}\" points=\"{string.Join(' ', points.Select(p => Invariant($"{p.X:0.##},{p.Y:0.##}")))}\"/>\n");

    // 1, 2 or 5 times a power of ten.
    private static double NiceStep(double rough)
    {
        if (!(rough > 1e-9)) return 1e-3;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
