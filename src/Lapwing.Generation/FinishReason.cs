namespace Lapwing.Generation;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model said so, by an end-of-generation token.</summary>
    Stop,

    /// <summary>The wanted number of tokens was reached, or the context was full (<see cref="GenerationRun.ContextFull"/>).</summary>
    Length,

    /// <summary>A stop string appeared.</summary>
    StopString,
}

/// <summary>The names of <see cref="FinishReason"/> in JSON.</summary>
public static class FinishReasons
{
    /// <summary><c>stop</c>, <c>length</c> or <c>stop_string</c>.</summary>
    public static string Name(this FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        _ => "stop_string",
    };
}
