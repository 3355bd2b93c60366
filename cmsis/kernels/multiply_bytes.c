#include "cmsis/kernels/internal/byte_sums.h"
#include "cmsis/kernels/internal/simd.h"

/* The products of a group of four: values 0 and 2, 1 and 3. */
static inline int32_t multiply_group(uint32_t weights, uint32_t even, uint32_t odd, int32_t sum)
{
    return multiply_lanes(widen_odd(weights), odd, multiply_lanes(widen_even(weights), even, sum));
}

void edgeplug_multiply_bytes(const int8_t *values, int32_t offset, const int8_t *first, const int8_t *second, int32_t count,
                             int32_t sums[2])
{
    const uint32_t offsets = ((uint32_t)offset & 0xFFFFu) | ((uint32_t)offset << 16);
    int32_t sum0 = sums[0], sum1 = sums[1];
    for (const int8_t *end = values + (count & ~3); values < end; values += 4, first += 4, second += 4) {
        const uint32_t bytes = load_4(values), even = widen_even_add(offsets, bytes), odd = widen_odd_add(offsets, bytes);
        sum0 = multiply_group(load_4(first), even, odd, sum0);
        sum1 = multiply_group(load_4(second), even, odd, sum1);
    }
    for (int32_t left = count & 3; left > 0; left--, values++) {
        sum0 = add_wrapped(sum0, (*values + offset) * *first++);
        sum1 = add_wrapped(sum1, (*values + offset) * *second++);
    }
    sums[0] = sum0;
    sums[1] = sum1;
}
