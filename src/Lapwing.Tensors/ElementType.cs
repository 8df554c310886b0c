namespace Lapwing.Tensors;

/// <summary>
/// What one element (or one block of elements) of a tensor is. The numbers are those of the GGUF file format
/// (<c>enum ggml_type</c>), so that a file's type field converts by a checked cast.
/// </summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32 = 0,

    /// <summary>IEEE 754 binary16.</summary>
    F16 = 1,

    /// <summary>Blocks of 32: 4-bit values −8…7 times one f16 scale.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32: 4-bit values 0…15 times one f16 scale plus one f16 minimum.</summary>
    Q4_1 = 3,

    /// <summary>Blocks of 32: 5-bit values −16…15 times one f16 scale.</summary>
    Q5_0 = 6,

    /// <summary>Blocks of 32: 5-bit values 0…31 times one f16 scale plus one f16 minimum.</summary>
    Q5_1 = 7,

    /// <summary>Blocks of 32: 8-bit values times one f16 scale.</summary>
    Q8_0 = 8,

    /// <summary>Blocks of 32: 8-bit values, one f16 scale and the scaled sum (for activations).</summary>
    Q8_1 = 9,

    /// <summary>Super-blocks of 256: 2-bit values, 16 sub-blocks with 4-bit scales and minima.</summary>
    Q2_K = 10,

    /// <summary>Super-blocks of 256: 3-bit values, 16 sub-blocks with 6-bit scales.</summary>
    Q3_K = 11,

    /// <summary>Super-blocks of 256: 4-bit values, 8 sub-blocks with 6-bit scales and minima.</summary>
    Q4_K = 12,

    /// <summary>Super-blocks of 256: 5-bit values, 8 sub-blocks with 6-bit scales and minima.</summary>
    Q5_K = 13,

    /// <summary>Super-blocks of 256: 6-bit values, 16 sub-blocks with 8-bit scales.</summary>
    Q6_K = 14,

    /// <summary>Super-blocks of 256: 8-bit values, one f32 scale and sums of 16 (for activations).</summary>
    Q8_K = 15,

    /// <summary>Super-blocks of 256, about 2.06 bits a weight, lattice code book.</summary>
    IQ2_XXS = 16,

    /// <summary>Super-blocks of 256, about 2.31 bits a weight, lattice code book.</summary>
    IQ2_XS = 17,

    /// <summary>Super-blocks of 256, about 3.06 bits a weight, lattice code book.</summary>
    IQ3_XXS = 18,

    /// <summary>Super-blocks of 256, about 1.56 bits a weight, lattice code book.</summary>
    IQ1_S = 19,

    /// <summary>Blocks of 32: 4-bit indices into a non-linear table times one f16 scale.</summary>
    IQ4_NL = 20,

    /// <summary>Super-blocks of 256, about 3.44 bits a weight, lattice code book.</summary>
    IQ3_S = 21,

    /// <summary>Super-blocks of 256, about 2.5 bits a weight, lattice code book.</summary>
    IQ2_S = 22,

    /// <summary>Super-blocks of 256: 4-bit indices into a non-linear table, 8 sub-blocks with 6-bit scales.</summary>
    IQ4_XS = 23,

    /// <summary>Signed 8-bit integer.</summary>
    I8 = 24,

    /// <summary>Signed 16-bit integer.</summary>
    I16 = 25,

    /// <summary>Signed 32-bit integer.</summary>
    I32 = 26,

    /// <summary>Signed 64-bit integer.</summary>
    I64 = 27,

    /// <summary>IEEE 754 binary64.</summary>
    F64 = 28,

    /// <summary>Super-blocks of 256, about 1.75 bits a weight, lattice code book.</summary>
    IQ1_M = 29,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16 = 30,

    /// <summary>Super-blocks of 256: ternary values, five to a byte.</summary>
    TQ1_0 = 34,

    /// <summary>Super-blocks of 256: ternary values, two bits each.</summary>
    TQ2_0 = 35,

    /// <summary>Blocks of 32: 4-bit floats (E2M1) with one shared power-of-two exponent (OCP MX).</summary>
    MXFP4 = 39,

    /// <summary>Blocks of 64: 4-bit floats (E2M1) with one 8-bit float scale for each 16.</summary>
    NVFP4 = 40,
}
