namespace Lapwing.Training.Tests;

public sealed class SeededRandomTests
{
    [Fact]
    public void A_seed_and_a_stream_mean_these_numbers_for_ever()
    {
        var random = new SeededRandom(42, "test");
        Assert.Equal([130, 911, 7, 265, 591, 650], Enumerable.Range(0, 6).Select(_ => random.Next(1000)));
        Assert.Equal([0.78323525f, 0.27524245f, 0.61892915f], Enumerable.Range(0, 3).Select(_ => random.NextSingle()));
        Assert.Equal([-0.1923291f, -0.2745907f, -0.6301702f], Enumerable.Range(0, 3).Select(_ => random.NextGaussian()));
    }

    [Fact]
    public void Streams_of_one_seed_are_apart() => Assert.NotEqual(new SeededRandom(1, "a").NextSingle(), new SeededRandom(1, "b").NextSingle());
}
