#include "cmsis/kernels/internal/multiply_rows.h"
#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/rows.h"

/* Everything that stays the same while the rows of one input are computed. */
typedef struct {
    const cmsis_nn_fc_params *params;
    const int32_t *multipliers;
    const int32_t *shifts;
    int32_t quant_step;
    const int32_t *bias;
    const int8_t *filters;
    int32_t depth;
} layer;

static inline int8_t finish(const layer *at, int32_t channel, int32_t sum)
{
    const int32_t bias = at->bias != NULL ? at->bias[channel] : 0, index = channel * at->quant_step;
    const int32_t scaled = requantize_once(sum + bias, at->multipliers[index], at->shifts[index]);
    return clamp_s8(scaled + at->params->output_offset, at->params->activation.min, at->params->activation.max);
}

/* Four filters at a time; the last four may repeat some of the ones before, which costs less code than a second loop. */
static void multiply_input(const layer *at, int32_t channels, const int8_t *input, int8_t *output)
{
    for (int32_t next = 0; next < channels; next += EDGEPLUG_ROWS) {
        const int32_t first = next + EDGEPLUG_ROWS <= channels ? next : channels - EDGEPLUG_ROWS;
        int32_t sums[EDGEPLUG_ROWS] = {0, 0, 0, 0};
        multiply_rows(sums, at->filters + first * at->depth, input, at->depth, at->params->input_offset);
        for (int32_t row = 0; row < EDGEPLUG_ROWS; row++) {
            output[first + row] = finish(at, first + row, sums[row]);
        }
    }
}

/* Fewer filters than one tile. */
static void multiply_few(const layer *at, int32_t channels, const int8_t *input, int8_t *output)
{
    const int8_t *weight = at->filters;
    for (int32_t channel = 0; channel < channels; channel++) {
        int32_t sum = 0;
        for (int32_t i = 0; i < at->depth; i++) {
            sum += (input[i] + at->params->input_offset) * *weight++;
        }
        output[channel] = finish(at, channel, sum);
    }
}

arm_cmsis_nn_status edgeplug_fully_connected_s8(const cmsis_nn_fc_params *params,
                                                const cmsis_nn_per_channel_quant_params *quant, int32_t quant_step,
                                                int32_t rows, int32_t depth, int32_t channels, const int8_t *input,
                                                const int8_t *filters, const int32_t *bias, int8_t *output)
{
    if (params->filter_offset != 0) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    const layer at = {params, quant->multiplier, quant->shift, quant_step, bias, filters, depth};
    for (; rows > 0; rows--, input += depth, output += channels) {
        if (channels < EDGEPLUG_ROWS) {
            multiply_few(&at, channels, input, output);
        } else {
            multiply_input(&at, channels, input, output);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
