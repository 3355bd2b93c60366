/* Sums of products of int8 values, each plus an offset, and int8 weights: what recurrent kernels do most. */
#ifndef EDGEPLUG_BYTE_SUMS_H
#define EDGEPLUG_BYTE_SUMS_H

#include <stdint.h>

/* Adds to sums[0] the products of `values` + `offset` and the weights at `first`, to sums[1] those at `second`, `count` each;
 * `offset` in [-127, 128]. Any alignment, and `second` may be `first`. Sums wrap.
 */
void edgeplug_multiply_bytes(const int8_t *values, int32_t offset, const int8_t *first, const int8_t *second, int32_t count,
                             int32_t sums[2]);

/* a + b, modulo 2^32. */
static inline int32_t add_wrapped(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* Any x times value / 2^31 * 2^shift, rounded as TFLite does: halves up, then by a right shift, halves away from zero. A left
 * shift wraps.
 */
static inline int32_t requantize_any(int32_t x, int32_t value, int32_t shift)
{
    const int32_t left = (int32_t)((uint32_t)x << (shift > 0 ? shift : 0)), right = shift < 0 ? -shift : 0;
    const int64_t high = ((int64_t)left * value + (1 << 30)) >> 31;
    return right == 0 ? (int32_t)high : (int32_t)((high + (high >> 63) + ((int64_t)1 << (right - 1))) >> right);
}

#endif
