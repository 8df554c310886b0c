using Lapwing.Fuzz.Mutation;

namespace Lapwing.Fuzz;

/// <summary>
/// One parser under test. A subclass with a parameterless constructor is all that a new target needs: the program finds it.
/// </summary>
internal abstract class FuzzTarget
{
    /// <summary>What <c>--target</c> and the corpus folder call it.</summary>
    public abstract string Name { get; }

    /// <summary>Valid inputs, made in code.</summary>
    public abstract IEnumerable<byte[]> Seeds();

    /// <summary>
    /// Parses the input and uses everything that came out. Returns a word on what kind of input it was; throws a clean error on bad
    /// input; must throw something else where a result is wrong.
    /// </summary>
    public abstract string Run(byte[] input);

    /// <summary>Changes an input a little. Override it to keep a format's outer form, so that the depths are reached.</summary>
    public virtual byte[] Mutate(byte[] input, Mutator mutator) => mutator.Bytes(input);

    /// <summary>The most that one run may allocate: a few objects for the smallest thing that a file can list (a dozen bytes), unless the use asks for more.</summary>
    public virtual long AllowedBytes(int input) => (4 << 20) + (128L * input);

    /// <summary>How many frames of a stack tell two errors apart; fewer where one place in the code is reached by countless ways.</summary>
    public virtual int Frames => 4;

    /// <summary>Errors that a parser may end in.</summary>
    public virtual bool IsClean(Exception error) => error is InvalidDataException or NotSupportedException;
}
