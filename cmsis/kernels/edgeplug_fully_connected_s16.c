#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/long_sums.h"

/* The sum, saturated to 32 bits, times a factor of 63 bits, rounded halves up. */
static int32_t scale(int64_t sum, const edgeplug_factor *factor)
{
    const int32_t x = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : (int32_t)sum;
    const int64_t product = (int64_t)x * factor->high + ((int64_t)x * factor->low >> 32);
    const int64_t scaled = (product + ((int64_t)1 << (factor->shift - 1))) >> factor->shift;
    return scaled > INT16_MAX ? INT16_MAX : scaled < INT16_MIN ? INT16_MIN : (int32_t)scaled;
}

void edgeplug_fully_connected_s16(const int16_t *input, int32_t rows, int32_t depth, const int8_t *filters,
                                  const int64_t *bias, int32_t channels, const edgeplug_factor *factors, int32_t factor_step,
                                  int32_t low, int32_t high, int16_t *output)
{
    for (; rows > 0; rows--, input += depth) {
        const int8_t *filter = filters;
        for (int32_t channel = 0, count; channel < channels; channel += count, filter += count * depth) {
            count = channel + 1 < channels ? 2 : 1;
            int64_t sums[2] = {0, 0};
            if (bias != NULL) {
                sums[0] = bias[channel];
                sums[1] = bias[channel + count - 1];
            }
            edgeplug_multiply_long(input, filter, filter + (count - 1) * depth, depth, sums);
            for (int32_t i = 0; i < count; i++) {
                *output++ = clamp_s16(scale(sums[i], factors + (channel + i) * factor_step), low, high);
            }
        }
    }
}
