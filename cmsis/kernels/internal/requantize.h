/* From 32-bit accumulators to int8, in the fewest instructions that keep TFLite's rounding.
 *
 * TFLite rounds x * value / 2^31 to an integer, halves up. While |x| < 2^30 that is the high word of (2 * x) * value,
 * rounded: one SMMULR. See ../../ROUNDING.md.
 */
#ifndef EDGEPLUG_REQUANTIZE_H
#define EDGEPLUG_REQUANTIZE_H

#include "cmsis/kernels/internal/simd.h"

static inline int32_t shift_left(int32_t x, int32_t bits)
{
    return (int32_t)((uint32_t)x << bits);
}

/* x * value / 2^31 * 2^shift, rounded by the multiplication (halves up) and again by a right shift (halves away from 0).
 * |x * 2^max(shift, 0)| < 2^30, shift in [-31, 30].
 */
static inline int32_t requantize_twice(int32_t x, int32_t value, int32_t shift)
{
    if (shift >= 0) {
        return multiply_high_rounded(shift_left(x, shift + 1), value);
    }
    const int32_t scaled = multiply_high_rounded(shift_left(x, 1), value);
    return (scaled + (scaled >> 31) + (1 << (-shift - 1))) >> -shift;
}

/* As requantize_twice, but rounded once, halves up. */
static inline int32_t requantize_once(int32_t x, int32_t value, int32_t shift)
{
    if (shift >= 0) {
        return multiply_high_rounded(shift_left(x, shift + 1), value);
    }
    return (multiply_high(shift_left(x, 1), value) + (1 << (-shift - 1))) >> -shift;
}

static inline int8_t clamp_s8(int32_t x, int32_t low, int32_t high)
{
    x = x < low ? low : x;
    return (int8_t)(x > high ? high : x);
}

/* Whether the assembly may add the output's zero point before it shifts: below -22 that could overflow. */
static inline int shift_suits_assembly(int32_t shift)
{
    return shift < 0 && shift >= -22;
}

/* Clamps each of `count` values. */
void edgeplug_clamp_each_s8(int8_t *values, int32_t count, int32_t low, int32_t high);

/* Applies the narrower range of a fused activation to `count` values that are saturated to int8. */
static inline void clamp_all_s8(int8_t *values, int32_t count, int32_t low, int32_t high)
{
    if (low > INT8_MIN || high < INT8_MAX) {
        edgeplug_clamp_each_s8(values, count, low, high);
    }
}

#endif
