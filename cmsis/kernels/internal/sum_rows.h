/* Sums over rows, four channels at a time. */
#ifndef EDGEPLUG_SUM_ROWS_H
#define EDGEPLUG_SUM_ROWS_H

#include "cmsis/kernels/internal/pool_words.h"

/* Adds the values of four neighbouring channels in all rows. */
static inline void sum_four(int32_t sums[4], const int8_t *source, int32_t rows, int32_t channels)
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

/* Adds up the first of `left` channels of [rows, channels] to `sums`; returns how many: 4, or 1 where fewer are left. */
static inline int32_t sum_rows(int32_t sums[4], const int8_t *input, int32_t rows, int32_t channels, int32_t left)
{
    if (left >= 4) {
        sum_four(sums, input, rows, channels);
        return 4;
    }
    for (int32_t row = 0; row < rows; row++) {
        sums[0] += input[row * channels];
    }
    return 1;
}

#endif
