using System.Numerics;

namespace Lapwing.Text.Templates.Syntax;

internal enum TokenKind
{
    Data, VariableBegin, VariableEnd, BlockBegin, BlockEnd, Name, String, Number, Eof,
    Add, Sub, Mul, Div, FloorDiv, Mod, Pow, Tilde, Eq, Ne, Gt, GtEq, Lt, LtEq, Assign,
    Dot, Colon, Pipe, Comma, Semicolon, LParen, RParen, LBracket, RBracket, LBrace, RBrace,
}

/// <summary>One token; <paramref name="Value"/> holds a number (long, <see cref="BigInteger"/> or double) where there is one.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, object? Value = null)
{
    public bool Is(string name) => Kind == TokenKind.Name && Text == name;

    public string Describe() => Kind switch
    {
        TokenKind.Eof => "end of template",
        TokenKind.Data => "template text",
        TokenKind.VariableEnd => "end of print statement",
        TokenKind.BlockEnd => "end of statement block",
        TokenKind.VariableBegin => "begin of print statement",
        TokenKind.BlockBegin => "begin of statement block",
        TokenKind.String => "string",
        _ => Text,
    };
}
