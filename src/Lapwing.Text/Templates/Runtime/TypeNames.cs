using System.Numerics;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's names for types, as error messages and a few operations use them.</summary>
internal static class TypeNames
{
    public static string Of(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string => "str",
        Markup => "Markup",
        List<object?> => "list",
        PyGroup => "_GroupTuple",
        PyTuple => "tuple",
        PyDict => "dict",
        PyRange => "range",
        PyView v => v.Kind switch { ViewKind.Keys => "dict_keys", ViewKind.Values => "dict_values", _ => "dict_items" },
        PyIterator i => i.TypeName,
        PyBytes => "bytes",
        Undefined => "Undefined",
        Namespace => "Namespace",
        LoopContext => "LoopContext",
        Macro => "Macro",
        SelfReference => "TemplateReference",
        Cycler => "Cycler",
        Callable c => c.TypeName,
        _ => value.GetType().Name,
    };

    /// <summary>How Jinja names an object whose attribute is missing.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        Markup => "markupsafe.Markup object",
        Namespace => "jinja2.utils.Namespace object",
        LoopContext => "jinja2.runtime.LoopContext object",
        Macro => "jinja2.runtime.Macro object",
        PyGroup => "jinja2.filters._GroupTuple object",
        _ => Of(value) + " object",
    };
}
