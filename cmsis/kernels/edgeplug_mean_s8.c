#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/pool_words.h"
#include "cmsis/kernels/internal/requantize.h"

/* Adds the values of four neighbouring channels in all rows. */
static void add_four(int32_t sums[4], const int8_t *source, int32_t rows, int32_t channels)
{
    for (int32_t count; rows > 0; rows -= count, source += count * channels) {
        edgeplug_lanes lanes = {0, 0};
        count = rows < EDGEPLUG_LANE_TAPS ? rows : EDGEPLUG_LANE_TAPS;
        add_taps(&lanes, source, channels, count);
        sums[0] += (int16_t)lanes.even;
        sums[1] += (int16_t)lanes.odd;
        sums[2] += (int16_t)(lanes.even >> 16);
        sums[3] += (int16_t)(lanes.odd >> 16);
    }
}

void edgeplug_mean_s8(const int8_t *input, int32_t rows, int32_t channels, int32_t input_offset, int32_t multiplier,
                      int32_t shift, int32_t output_offset, int8_t *output)
{
    const int32_t offset = rows * input_offset;
    for (int32_t left = channels, count; left > 0; left -= count, input += count) {
        int32_t sums[4] = {offset, offset, offset, offset};
        count = left < 4 ? 1 : 4;
        if (count == 4) {
            add_four(sums, input, rows, channels);
        } else {
            for (int32_t row = 0; row < rows; row++) {
                sums[0] += input[row * channels];
            }
        }
        for (int32_t i = 0; i < count; i++) {
            const int32_t scaled = requantize_twice(sums[i], multiplier, shift);
            *output++ = (int8_t)saturate_s8(scaled + output_offset);
        }
    }
}
