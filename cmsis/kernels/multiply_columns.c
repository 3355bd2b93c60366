#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/multiply_pairs.h"
#include "cmsis/kernels/internal/requantize.h"

bool edgeplug_suit_pairs(const edgeplug_filters *filters)
{
    bool suit = EDGEPLUG_HAS_PAIRS && filters->depth >= 4;
    for (int32_t channel = 0; channel < filters->channels; channel++) {
        suit = suit && shift_suits_assembly(filters->shifts[channel]);
    }
    return suit;
}

/* One filter times one column, for any parameters: small rather than fast. */
static int8_t multiply_one(const uint32_t *column, const edgeplug_filters *filters, int32_t channel)
{
    const int8_t *weights = filters->filters + channel * filters->depth;
    int32_t sum = filters->bias != NULL ? filters->bias[channel] : 0;
    for (int32_t left = filters->depth; left > 0; left -= 4) {
        const uint32_t word = left >= 4 ? load_4(weights) : load_part(weights, left);
        sum = multiply_lanes(widen_even(word), column[0], sum);
        sum = multiply_lanes(widen_odd(word), column[EDGEPLUG_COLUMNS], sum);
        weights += 4;
        column += 2 * EDGEPLUG_COLUMNS;
    }
    const int32_t scaled = requantize_twice(sum, filters->multipliers[channel], filters->shifts[channel]);
    return clamp_s8(scaled + filters->output_offset, filters->activation.min, filters->activation.max);
}

void edgeplug_multiply_columns(const uint32_t *columns, const edgeplug_filters *filters, int32_t count, int8_t *output)
{
    static const int32_t no_bias[2] = {0, 0};
    const int32_t channels = filters->channels, depth = filters->depth, tail = depth & 3;
    const int32_t paired = filters->suit_pairs ? channels & ~1 : 0;
    if (paired > 0) {
        const bool biased = filters->bias != NULL;
        edgeplug_pairs pairs = {filters->filters, depth, output, count > 1 ? filters->pitch : 0, filters->multipliers,
                                filters->shifts, biased ? filters->bias : no_bias, biased ? (int32_t)sizeof no_bias : 0,
                                columns, tail != 0 ? 32 - 8 * tail : 0, 2 * filters->output_offset + 1, paired / 2};
        multiply_pairs(&pairs);
    }
    for (int32_t column = 0; column < count; column++, output += filters->pitch) {
        clamp_all_s8(output, paired, filters->activation.min, filters->activation.max);
        for (int32_t channel = paired; channel < channels; channel++) {
            output[channel] = multiply_one(columns + column, filters, channel);
        }
    }
}
