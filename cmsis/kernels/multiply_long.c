#include "cmsis/kernels/internal/long_sums.h"
#include "cmsis/kernels/internal/simd.h"

/* The products of a group of four: values 0 and 2, 1 and 3. */
static inline int64_t multiply_group(uint32_t weights, uint32_t even, uint32_t odd, int64_t sum)
{
    return multiply_lanes_long(widen_odd(weights), odd, multiply_lanes_long(widen_even(weights), even, sum));
}

void edgeplug_multiply_long(const int16_t *values, const int8_t *first, const int8_t *second, int32_t count, int64_t sums[2])
{
    int64_t sum0 = sums[0], sum1 = sums[1];
    for (; count >= 4; count -= 4, values += 4, first += 4, second += 4) {
        const uint32_t low = load_2(values), high = load_2(values + 2);
        const uint32_t even = pair_low(low, high), odd = pair_top(low, high);
        sum0 = multiply_group(load_4(first), even, odd, sum0);
        sum1 = multiply_group(load_4(second), even, odd, sum1);
    }
    for (; count > 0; count--, values++) {
        sum0 += *values * *first++;
        sum1 += *values * *second++;
    }
    sums[0] = sum0;
    sums[1] = sum1;
}
