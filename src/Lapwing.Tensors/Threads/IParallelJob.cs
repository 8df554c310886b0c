namespace Lapwing.Tensors;

/// <summary>
/// Work in independent parts for <see cref="ThreadTeam.Run{TJob}"/>. A struct, so that handing it to the team allocates nothing;
/// every thread sees the same copy, so <see cref="Run"/> must not change its fields.
/// </summary>
public interface IParallelJob
{
    /// <summary>Does part <paramref name="part"/> of 0 … parts − 1; any thread of the team may call it, in any order.</summary>
    void Run(int part);
}
