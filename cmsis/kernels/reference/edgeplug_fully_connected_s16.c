#include "edgeplug_nn.h"

#include "requantize.h"

void edgeplug_fully_connected_s16(const int16_t *input, int32_t rows, int32_t depth, const int8_t *filters,
                                  const int64_t *bias, int32_t channels, const edgeplug_factor *factors, int32_t factor_step,
                                  int32_t low, int32_t high, int16_t *output)
{
    for (int32_t index = 0; index < rows * channels; index++) {
        const int32_t channel = index % channels;
        const edgeplug_factor factor = factors[channel * factor_step];
        int64_t sum = bias != NULL ? bias[channel] : 0;
        for (int32_t i = 0; i < depth; i++) {
            sum += input[index / channels * depth + i] * filters[channel * depth + i];
        }
        sum = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum;
        /* The product with the low word rounds down, which halves cannot notice. */
        const int64_t product = sum * factor.high + (sum * factor.low >> 32);
        const int64_t scaled = (product + ((int64_t)1 << (factor.shift - 1))) >> factor.shift;
        output[index] = clamp_s16(scaled, low, high);
    }
}
