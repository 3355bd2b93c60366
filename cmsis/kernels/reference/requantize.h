/* TFLite's requantisation in plain C, for every int32 sum whose product with 2^shift is one. See ../../ROUNDING.md. */
#ifndef EDGEPLUG_REFERENCE_REQUANTIZE_H
#define EDGEPLUG_REFERENCE_REQUANTIZE_H

#include <stdint.h>

/* x * value / 2^31, halves up. */
static inline int32_t high_multiply(int32_t x, int32_t value)
{
    return (int32_t)(((int64_t)x * value + (1 << 30)) >> 31);
}

/* x / 2^bits, halves away from zero. */
static inline int32_t rounding_shift(int32_t x, int32_t bits)
{
    const int64_t half = ((int64_t)1 << bits) >> 1;
    return (int32_t)(x >= 0 ? (x + half) >> bits : -((-(int64_t)x + half) >> bits));
}

/* x * value / 2^31 * 2^shift, rounded twice. */
static inline int32_t requantize_twice(int32_t x, int32_t value, int32_t shift)
{
    if (shift > 0) {
        return high_multiply(x * (1 << shift), value);
    }
    return rounding_shift(high_multiply(x, value), -shift);
}

/* x modulo 2^32. */
static inline int32_t wrap(int64_t x)
{
    return (int32_t)(uint32_t)x;
}

/* Any x * value / 2^31 * 2^shift, rounded twice; a left shift wraps. */
static inline int32_t requantize_any(int32_t x, int32_t value, int32_t shift)
{
    const int32_t left = shift > 0 ? wrap((int64_t)((uint64_t)x << shift)) : x;
    return rounding_shift(high_multiply(left, value), shift < 0 ? -shift : 0);
}

/* requantize_twice, but rounded once, halves up. */
static inline int32_t requantize_once(int32_t x, int32_t value, int32_t shift)
{
    return (int32_t)(((int64_t)x * value + ((int64_t)1 << (30 - shift))) >> (31 - shift));
}

/* A sum of up to 48 bits times value / 2^31, cut to 15 bits, * 2^shift, rounded once, halves up. */
static inline int64_t requantize_long(int64_t x, int32_t value, int32_t shift)
{
    const int64_t rounded = ((int64_t)value + (1 << 15)) >> 16, factor = rounded > INT16_MAX ? INT16_MAX : rounded;
    return (x * factor + ((int64_t)1 << (14 - shift))) >> (15 - shift);
}

static inline int16_t clamp_s16(int64_t x, int32_t low, int32_t high)
{
    return (int16_t)(x < low ? low : x > high ? high : x);
}

static inline int8_t clamp_s8(int32_t x, int32_t low, int32_t high)
{
    return (int8_t)(x < low ? low : x > high ? high : x);
}

#endif
