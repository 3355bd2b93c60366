#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/requantize.h"

#define LANE_ROWS 255 /* that many int8 fit into a lane's sum */

/* Adds the values of four neighbouring channels in all rows. */
static void add_four(int32_t sums[4], const int8_t *source, int32_t rows, int32_t channels)
{
    while (rows > 0) {
        uint32_t even = 0, odd = 0;
        for (int32_t left = rows < LANE_ROWS ? rows : LANE_ROWS; left > 0; left--, source += channels) {
            const uint32_t bytes = load_4(source);
            even = widen_even_add(even, bytes);
            odd = widen_odd_add(odd, bytes);
        }
        rows -= LANE_ROWS;
        sums[0] += (int16_t)even;
        sums[1] += (int16_t)odd;
        sums[2] += (int16_t)(even >> 16);
        sums[3] += (int16_t)(odd >> 16);
    }
}

void edgeplug_mean_s8(const int8_t *input, int32_t rows, int32_t channels, int32_t input_offset, int32_t multiplier,
                      int32_t shift, int32_t output_offset, int8_t *output)
{
    for (int32_t channel = 0, count; channel < channels; channel += count) {
        int32_t sums[4] = {0, 0, 0, 0};
        count = channel + 4 <= channels ? 4 : 1;
        if (count == 4) {
            add_four(sums, input + channel, rows, channels);
        } else {
            for (int32_t row = 0; row < rows; row++) {
                sums[0] += input[row * channels + channel];
            }
        }
        for (int32_t i = 0; i < count; i++) {
            const int32_t scaled = requantize_twice(sums[i] + rows * input_offset, multiplier, shift);
            *output++ = clamp_s8(scaled + output_offset, INT8_MIN, INT8_MAX);
        }
    }
}
