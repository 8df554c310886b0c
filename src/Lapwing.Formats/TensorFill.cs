namespace Lapwing.Formats;

/// <summary>
/// Produces a tensor's bytes for a writer, chunk by chunk from its first row to its last, so that a large output never stands in memory.
/// </summary>
/// <param name="offset">The chunk's place in the tensor, in bytes: a whole number of rows.</param>
/// <param name="chunk">To be filled entirely; a whole number of rows, about 4 MiB or one row.</param>
public delegate void TensorFill(long offset, Span<byte> chunk);
