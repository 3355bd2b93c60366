#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/multiply_pairs.h"
#include "cmsis/kernels/internal/requantize.h"

bool edgeplug_suit_pairs(const edgeplug_filters *filters)
{
    bool suit = EDGEPLUG_HAS_PAIRS && filters->bias != NULL && filters->depth >= 4;
    for (int32_t channel = 0; channel < filters->channels; channel++) {
        suit = suit && filters->shifts[channel] < 0;
    }
    return suit;
}

/* One filter times one column, for any parameters: small rather than fast. */
static int8_t multiply_one(const int16_t *lanes, const edgeplug_filters *filters, int32_t channel)
{
    const int8_t *weights = filters->filters + channel * filters->depth;
    int32_t sum = filters->bias != NULL ? filters->bias[channel] : 0;
    for (int32_t i = 0; i < filters->depth; i++) {
        sum += weights[i] * lanes[(i >> 2) * 8 + (i & 1) * 4 + ((i >> 1) & 1)];
    }
    const int32_t scaled = requantize_twice(sum, filters->multipliers[channel], filters->shifts[channel]);
    return clamp_s8(scaled + filters->output_offset, filters->activation.min, filters->activation.max);
}

/* Pairs saturate to int8; a narrower range of a fused activation is applied afterwards. */
static void clamp_outputs(const edgeplug_filters *filters, int8_t *output, int32_t count)
{
    const cmsis_nn_activation range = filters->activation;
    if (range.min > INT8_MIN || range.max < INT8_MAX) {
        for (int32_t i = 0; i < count; i++) {
            output[i] = clamp_s8(output[i], range.min, range.max);
        }
    }
}

void edgeplug_multiply_columns(const uint32_t *columns, const edgeplug_filters *filters, int8_t *const outputs[2])
{
    int32_t channel = 0;
    if (filters->suit_pairs && filters->channels > 1) {
        channel = filters->channels & ~1;
        const int32_t depth = filters->depth, tail = depth & 3;
        edgeplug_pairs pairs = {columns, depth >> 2, filters->bias, filters->multipliers, filters->shifts, outputs[0],
                                outputs[1], filters->output_offset, channel / 2, depth, filters->filters,
                                tail != 0 ? 32 - 8 * tail : 0};
        multiply_pairs(&pairs);
        clamp_outputs(filters, outputs[0], channel);
        clamp_outputs(filters, outputs[1], channel);
    }
    for (; channel < filters->channels; channel++) {
        outputs[0][channel] = multiply_one((const int16_t *)columns, filters, channel);
        outputs[1][channel] = multiply_one((const int16_t *)columns + 2, filters, channel);
    }
}
