namespace Lapwing.Tensors.Tests.Kernels;

public sealed class InstructionLevelTests
{
    [Fact]
    public void The_best_level_is_taken_unless_another_is_named()
    {
        Assert.Equal(InstructionLevels.Available[^1], InstructionLevels.Choose(null));
        Assert.Equal(InstructionLevels.Available[^1], InstructionLevels.Choose(" "));
        Assert.Equal(InstructionLevel.Portable, InstructionLevels.Choose("Portable"));
    }

    [Fact]
    public void An_unknown_level_is_an_error_that_names_the_known_ones()
    {
        var error = Assert.Throws<ArgumentException>(() => InstructionLevels.Choose("sse9"));
        Assert.Contains("LAPWING_ISA=sse9", error.Message);
        Assert.Contains("portable", error.Message);
    }
}
