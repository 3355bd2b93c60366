#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/sum_rows.h"

void edgeplug_mean_s8(const int8_t *input, int32_t groups, int32_t rows, int32_t channels, int32_t input_offset,
                      int32_t multiplier, int32_t shift, int32_t output_offset, int8_t *output)
{
    const int32_t offset = rows * input_offset;
    for (; groups > 0; groups--, input += (rows - 1) * channels) {
        for (int32_t left = channels, count; left > 0; left -= count, input += count) {
            int32_t sums[4] = {offset, offset, offset, offset};
            count = sum_rows(sums, input, rows, channels, left);
            for (int32_t i = 0; i < count; i++) {
                const int32_t scaled = requantize_twice(sums[i], multiplier, shift);
                *output++ = (int8_t)saturate_s8(scaled + output_offset);
            }
        }
    }
}
