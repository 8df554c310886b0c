using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;

namespace Lapwing.Cli.Tests;

public sealed class FrameTests
{
    [Fact]
    public void Help_goes_to_standard_output_and_names_every_command()
    {
        var result = Run.Lapwing("--help").Succeeds();
        foreach (var entry in Commands.CommandList.All) Assert.Contains("  " + entry.Name, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void No_arguments_mean_help() => Assert.Equal(Run.Lapwing("--help").Output, Run.Lapwing().Succeeds().Output);

    [Fact]
    public void Every_command_has_help_that_needs_no_arguments()
    {
        foreach (var entry in Commands.CommandList.All)
            Assert.Contains("Usage:", Run.Lapwing(entry.Name, "--help").Succeeds().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--adapter", "run", "chick", "--adaptor", "mine", "hi")]
    [InlineData("--adapter", "run", "chick", "--adaptor=mine", "hi")]
    [InlineData("--epochs", "tune", "chick", "rows.jsonl", "--epoch", "3", "-o", "out")]
    [InlineData("--verify", "show", "chick", "--verfy")]
    public void A_misspelt_option_is_named_with_the_one_that_was_meant(string meant, params string[] args)
    {
        var result = Run.Lapwing(args);
        Assert.Equal(2, result.Code);
        Assert.Contains($"did you mean '{meant}'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_has_the_name_under_which_it_is_listed()
    {
        using var surroundings = new Surroundings(Stream.Null, TextWriter.Null, () => TextReader.Null, _ => null, () => new Interruption());
        foreach (var entry in Commands.CommandList.All) Assert.Equal(entry.Name, entry.Create(surroundings).Name);
    }

    [Theory]
    [InlineData("shwo")]
    [InlineData("show")]
    [InlineData("show", "a", "b")]
    [InlineData("show", "--no-such-option", "a")]
    [InlineData("--nonsense")]
    [InlineData("show", "")]
    public void Wrong_usage_is_one_line_and_exit_code_2(params string[] args) => Run.Lapwing(args).Fails(ExitCodes.WrongUsage);

    [Fact]
    public void A_missing_file_is_one_line_and_exit_code_1() => Run.Lapwing("show", "/no/such/file.gguf").Fails(ExitCodes.Failed, "/no/such/file.gguf", "does not exist");

    [Fact]
    public void A_name_that_is_no_model_says_where_models_are() => Run.Lapwing("show", "no-such-model").Fails(ExitCodes.Failed, "no-such-model", "lapwing-home");

    [Fact]
    public void A_control_character_in_a_name_does_not_reach_the_terminal()
    {
        var result = Run.Lapwing("show", "/no/\u001b[31mred\nline.gguf").Fails(ExitCodes.Failed);
        Assert.DoesNotContain('\u001b', result.Error);
    }

    [Fact]
    public void A_name_that_no_file_can_have_is_refused() => Run.Lapwing("show", "a\0b").Fails(ExitCodes.Failed);

    [Fact]
    public void Debugging_shows_the_stack()
    {
        var world = new Run.World { Variables = { ["LAPWING_DEBUG"] = "1" } };
        Assert.Contains("   at ", Run.With(world, "show", "/no/such/file.gguf").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_has_gone_ends_the_program_without_a_word()
    {
        var result = Run.With(new Run.World { Output = new ClosedStream() }, "--help");
        Assert.Equal((ExitCodes.Done, ""), (result.Code, result.Error));
    }

    [Fact]
    public void The_version_is_one_line() => Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", Run.Lapwing("--version").Succeeds().Output);

    private sealed class ClosedStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new OutputClosedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new OutputClosedException();
    }
}
