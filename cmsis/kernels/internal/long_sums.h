/* Sums of products of int16 values and int8 weights in 64 bits: the inner loop of the kernels on int16 activations. */
#ifndef EDGEPLUG_LONG_SUMS_H
#define EDGEPLUG_LONG_SUMS_H

#include <stdint.h>

/* Adds to sums[0] the products of `values` and the weights at `first`, to sums[1] those at `second`, `count` each.
 * Nothing need be aligned beyond its type, and `second` may be `first`.
 */
void edgeplug_multiply_long(const int16_t *values, const int8_t *first, const int8_t *second, int32_t count, int64_t sums[2]);

/* The nearest int16 within an activation's range. */
static inline int16_t clamp_s16(int32_t x, int32_t low, int32_t high)
{
    x = x < low ? low : x;
    return (int16_t)(x > high ? high : x);
}

#endif
