#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/simd.h"

/* The last `count` (1 to 3) weights of a filter in the low bytes, zeros above; nothing beyond the filter is read.
 * A filter of four or more is read from four bytes before its end, a shorter one byte by byte.
 */
static uint32_t load_tail(const int8_t *weights, int32_t count, int32_t depth)
{
    if (depth >= 4) {
        return load_4(weights + count - 4) >> (32 - 8 * count);
    }
    uint32_t bytes = 0;
    while (count-- > 0) {
        bytes = bytes << 8 | (uint8_t)weights[count];
    }
    return bytes;
}

/* Accumulators of two filters (first digit) times two columns (second digit). */
typedef struct {
    int32_t s00, s01, s10, s11;
} tile;

/* Adds the products of one group of four. Returns the next group. */
static inline const uint32_t *multiply_group(tile *sums, const uint32_t *group, uint32_t weights0, uint32_t weights1)
{
    const uint32_t even0 = widen_even(weights0), even1 = widen_even(weights1);
    sums->s00 = multiply_lanes(even0, group[0], sums->s00);
    sums->s01 = multiply_lanes(even0, group[1], sums->s01);
    sums->s10 = multiply_lanes(even1, group[0], sums->s10);
    sums->s11 = multiply_lanes(even1, group[1], sums->s11);
    const uint32_t odd0 = widen_odd(weights0), odd1 = widen_odd(weights1);
    sums->s00 = multiply_lanes(odd0, group[2], sums->s00);
    sums->s01 = multiply_lanes(odd0, group[3], sums->s01);
    sums->s10 = multiply_lanes(odd1, group[2], sums->s10);
    sums->s11 = multiply_lanes(odd1, group[3], sums->s11);
    return group + 4;
}

static inline void store(const edgeplug_filters *filters, int32_t channel, int32_t sum0, int32_t sum1,
                         int8_t *const outputs[2])
{
    const int32_t value = filters->multipliers[channel], shift = filters->shifts[channel];
    const int32_t low = filters->activation.min, high = filters->activation.max;
    outputs[0][channel] = clamp_s8(requantize_twice(sum0, value, shift) + filters->output_offset, low, high);
    outputs[1][channel] = clamp_s8(requantize_twice(sum1, value, shift) + filters->output_offset, low, high);
}

void edgeplug_multiply_columns(const uint32_t *columns, const edgeplug_filters *filters, int8_t *const outputs[2])
{
    const int32_t depth = filters->depth, tail = depth & 3;
    const int32_t channels = filters->channels;
    for (int32_t channel = 0; channel < channels; channel += 2) {
        /* An odd last filter is its own partner. */
        const int32_t partner = channel + 1 < channels ? channel + 1 : channel;
        const int8_t *weights0 = filters->filters + channel * depth;
        const int8_t *weights1 = filters->filters + partner * depth;
        tile sums = {0, 0, 0, 0};
        if (filters->bias != NULL) {
            sums.s00 = sums.s01 = filters->bias[channel];
            sums.s10 = sums.s11 = filters->bias[partner];
        }
        const uint32_t *group = columns;
        for (const int8_t *end = weights0 + (depth - tail); weights0 < end; weights0 += 4, weights1 += 4) {
            group = multiply_group(&sums, group, load_4(weights0), load_4(weights1));
        }
        if (tail != 0) {
            multiply_group(&sums, group, load_tail(weights0, tail, depth), load_tail(weights1, tail, depth));
        }
        store(filters, channel, sums.s00, sums.s01, outputs);
        store(filters, partner, sums.s10, sums.s11, outputs);
    }
}
