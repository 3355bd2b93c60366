#include "edgeplug_nn.h"

#include "requantize.h"

void edgeplug_mean_s8(const int8_t *input, int32_t groups, int32_t rows, int32_t channels, int32_t input_offset,
                      int32_t multiplier, int32_t shift, int32_t output_offset, int8_t *output)
{
    for (int32_t group = 0; group < groups; group++, input += rows * channels) {
        for (int32_t channel = 0; channel < channels; channel++) {
            int32_t sum = 0;
            for (int32_t row = 0; row < rows; row++) {
                sum += input[row * channels + channel] + input_offset;
            }
            *output++ = clamp_s8(requantize_twice(sum, multiplier, shift) + output_offset, INT8_MIN, INT8_MAX);
        }
    }
}
