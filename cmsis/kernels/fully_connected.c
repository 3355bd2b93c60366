#include "cmsis/kernels/internal/multiply_rows.h"
#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/rows.h"

/* Everything that stays the same while the rows of one input are computed. */
typedef struct {
    const int8_t *filters;
    const int32_t *bias;
    const int32_t *multipliers;
    const int32_t *shifts;
    int32_t quant_step;
    int32_t depth;
    int32_t channels;
    int32_t output_offset;
    cmsis_nn_activation activation;
} layer;

/* Widens one input; the last group may be partly zeros. */
static void widen(uint32_t *values, const int8_t *input, int32_t count, int32_t offset)
{
    const uint32_t offsets = ((uint32_t)offset & 0xFFFFu) | ((uint32_t)offset << 16);
    for (; count > 0; count -= 4, input += 4) {
        const uint32_t bytes = count >= 4 ? load_4(input) : load_part(input, count);
        *values++ = widen_even_add(offsets, bytes);
        *values++ = widen_odd_add(offsets, bytes);
    }
}

/* Whether tiles take these filters. */
static bool suits_tiles(const layer *at)
{
    bool suit = EDGEPLUG_HAS_TILES && at->depth >= 4 && at->channels >= EDGEPLUG_ROWS;
    for (int32_t i = 0; i < (at->quant_step != 0 ? at->channels : 1); i++) {
        suit = suit && shift_suits_assembly(at->shifts[i]);
    }
    return suit;
}

/* Four filters at a time; the last four may repeat some of the ones before, which costs less code than a second loop. */
static void multiply_fast(const layer *at, const uint32_t *values, int8_t *output)
{
    static const int32_t no_bias[EDGEPLUG_ROWS] = {0, 0, 0, 0};
    const int32_t depth = at->depth, tail = depth & 3, step = at->quant_step;
    for (int32_t first = 0, end; first < at->channels; first = end > first ? end : at->channels) {
        end = first + ((at->channels - first) & -EDGEPLUG_ROWS);
        const int32_t from = end > first ? first : at->channels - EDGEPLUG_ROWS;
        edgeplug_tiles tiles = {
            at->filters + from * depth, depth, values, (depth >> 2) + 1, tail != 0 ? 32 - 8 * tail : 0,
            at->bias != NULL ? at->bias + from : no_bias, at->bias != NULL ? (int32_t)sizeof no_bias : 0,
            at->multipliers + from * step, at->shifts + from * step, step * (int32_t)sizeof(int32_t),
            2 * at->output_offset + 1, output + from, end > first ? (end - first) / EDGEPLUG_ROWS : 1};
        multiply_tiles(&tiles);
    }
}

/* One filter after the other, for any parameters: small rather than fast. */
static void multiply_any(const layer *at, const uint32_t *values, int8_t *output)
{
    const int8_t *filter = at->filters;
    for (int32_t channel = 0; channel < at->channels; channel++) {
        int32_t sum = at->bias != NULL ? at->bias[channel] : 0;
        const uint32_t *group = values;
        for (int32_t left = at->depth, count; left > 0; left -= count, filter += count, group += 2) {
            count = left < 4 ? left : 4;
            const uint32_t weights = count == 4 ? load_4(filter) : load_part(filter, count);
            sum = multiply_lanes(widen_odd(weights), group[1], multiply_lanes(widen_even(weights), group[0], sum));
        }
        const int32_t index = channel * at->quant_step;
        const int32_t scaled = requantize_once(sum, at->multipliers[index], at->shifts[index]);
        output[channel] = clamp_s8(scaled + at->output_offset, INT8_MIN, INT8_MAX);
    }
}

int32_t edgeplug_fully_connected_buffer_size(int32_t depth)
{
    return (int32_t)sizeof(int16_t) * ((depth + 3) & ~3);
}

arm_cmsis_nn_status edgeplug_multiply_rows_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params,
                                                const cmsis_nn_per_channel_quant_params *quant, int32_t quant_step,
                                                int32_t rows, int32_t depth, int32_t channels, const int8_t *input,
                                                const int8_t *filters, const int32_t *bias, int8_t *output)
{
    if (ctx->buf == NULL) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (params->filter_offset != 0) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    const layer at = {filters, bias, quant->multiplier, quant->shift, quant_step, depth, channels, params->output_offset,
                      params->activation};
    const bool fast = suits_tiles(&at);
    for (; rows > 0; rows--, input += depth, output += channels) {
        widen(ctx->buf, input, depth, params->input_offset);
        if (fast) {
            multiply_fast(&at, ctx->buf, output);
        } else {
            multiply_any(&at, ctx->buf, output);
        }
        clamp_all_s8(output, channels, at.activation.min, at.activation.max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
