#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/rows.h"
#include "cmsis/kernels/internal/simd.h"

#define TILE 4

/* Adds filter rows (`stride` bytes apart) times input + offset to the TILE sums. */
static inline void multiply_rows(int32_t sums[TILE], const int8_t *filters, int32_t stride, const int8_t *input,
                                 int32_t depth, int32_t offset)
{
    const uint32_t offsets = ((uint32_t)offset & 0xFFFFu) | ((uint32_t)offset << 16);
    const int8_t *row1 = filters + stride, *row2 = row1 + stride, *row3 = row2 + stride;
    int32_t sum0 = sums[0], sum1 = sums[1], sum2 = sums[2], sum3 = sums[3];
    const int8_t *const end = input + depth;
    for (const int8_t *stop = end - (depth & 3); input < stop; input += 4) {
        const uint32_t values = load_4(input);
        const uint32_t even = widen_even_add(offsets, values), odd = widen_odd_add(offsets, values);
        uint32_t weights = load_4(filters);
        sum0 = multiply_lanes(widen_odd(weights), odd, multiply_lanes(widen_even(weights), even, sum0));
        weights = load_4(row1);
        sum1 = multiply_lanes(widen_odd(weights), odd, multiply_lanes(widen_even(weights), even, sum1));
        weights = load_4(row2);
        sum2 = multiply_lanes(widen_odd(weights), odd, multiply_lanes(widen_even(weights), even, sum2));
        weights = load_4(row3);
        sum3 = multiply_lanes(widen_odd(weights), odd, multiply_lanes(widen_even(weights), even, sum3));
        filters += 4;
        row1 += 4;
        row2 += 4;
        row3 += 4;
    }
    while (input < end) {
        const int32_t value = *input++ + offset;
        sum0 += value * *filters++;
        sum1 += value * *row1++;
        sum2 += value * *row2++;
        sum3 += value * *row3++;
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

/* One input row. A last tile that is not full repeats its first filter: cheaper in code than a second loop. */
static void multiply_row(const cmsis_nn_fc_params *params, const cmsis_nn_per_channel_quant_params *quant,
                         int32_t quant_step, int32_t depth, int32_t channels, const int8_t *input, const int8_t *filters,
                         const int32_t *bias, int8_t *output)
{
    for (int32_t channel = 0; channel < channels; channel += TILE) {
        const int32_t used = channels - channel < TILE ? channels - channel : TILE;
        int32_t sums[TILE];
        for (int32_t lane = 0; lane < TILE; lane++) {
            sums[lane] = bias != NULL && lane < used ? bias[channel + lane] : 0;
        }
        if (used == TILE) {
            multiply_rows(sums, filters, depth, input, depth, params->input_offset);
        } else {
            for (int32_t lane = 0; lane < used; lane++) {
                int32_t single[TILE] = {sums[lane], 0, 0, 0};
                multiply_rows(single, filters + lane * depth, 0, input, depth, params->input_offset);
                sums[lane] = single[0];
            }
        }
        filters += TILE * depth;
        for (int32_t lane = 0; lane < used; lane++) {
            const int32_t index = (channel + lane) * quant_step;
            const int32_t scaled = requantize_once(sums[lane], quant->multiplier[index], quant->shift[index]);
            *output++ = clamp_s8(scaled + params->output_offset, params->activation.min, params->activation.max);
        }
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
    for (int32_t row = 0; row < rows; row++) {
        multiply_row(params, quant, quant_step, depth, channels, input, filters, bias, output);
        input += depth;
        output += channels;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
