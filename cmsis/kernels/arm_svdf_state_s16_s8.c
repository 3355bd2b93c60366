#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/byte_sums.h"
#include "cmsis/kernels/internal/long_sums.h"
#include "cmsis/kernels/internal/requantize.h"

/* Forgets the oldest value of each filter: the whole state moves by one, and what crosses to the next filter is overwritten
 * with the products of the input.
 */
static void remember(const cmsis_nn_svdf_params *params, const cmsis_nn_per_tensor_quant_params *quant, const int8_t *input,
                     int32_t count, const int8_t *feature, int32_t filters, int16_t *state, int32_t memory)
{
    const cmsis_nn_activation range = params->input_activation;
    memmove(state, state + 1, (size_t)(filters * memory - 1) * sizeof *state);
    for (int32_t filter = 0, pair; filter < filters; filter += pair, feature += pair * count) {
        int32_t sums[2] = {0, 0};
        pair = filter + 1 < filters ? 2 : 1;
        edgeplug_multiply_bytes(input, -params->input_offset, feature, feature + (pair - 1) * count, count, sums);
        for (int32_t i = 0; i < pair; i++) {
            const int32_t scaled = requantize_any(sums[i], quant->multiplier, quant->shift);
            state[(filter + i + 1) * memory - 1] = clamp_s16(scaled, range.min, range.max);
        }
    }
}

/* Sum of the products of `count` values of the state and the time weights. */
static int32_t multiply_memory(const int16_t *state, const int16_t *time, int32_t count, int32_t sum)
{
    for (; count >= 2; count -= 2, state += 2, time += 2) {
        sum = multiply_lanes(load_2(state), load_2(time), sum);
    }
    return count > 0 ? add_wrapped(sum, *state * *time) : sum;
}

arm_cmsis_nn_status arm_svdf_state_s16_s8(const cmsis_nn_context *input_ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_svdf_params *svdf_params,
                                          const cmsis_nn_per_tensor_quant_params *input_quant_params,
                                          const cmsis_nn_per_tensor_quant_params *output_quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *state_dims, int16_t *state_data,
                                          const cmsis_nn_dims *weights_feature_dims, const int8_t *weights_feature_data,
                                          const cmsis_nn_dims *weights_time_dims, const int16_t *weights_time_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)input_ctx;
    (void)output_ctx;
    (void)state_dims;
    (void)bias_dims;
    (void)output_dims;
    const int32_t filters = weights_feature_dims->n, memory = weights_time_dims->h, rank = svdf_params->rank;
    const cmsis_nn_activation range = svdf_params->output_activation;
    if (input_dims->n != 1 || filters % rank != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    remember(svdf_params, input_quant_params, input_data, input_dims->h, weights_feature_data, filters, state_data, memory);
    for (int32_t unit = 0; unit < filters / rank; unit++, state_data += rank * memory, weights_time_data += rank * memory) {
        /* The filters of a unit follow each other, as their time weights do. */
        const int32_t bias = bias_data != NULL ? bias_data[unit] : 0;
        const int32_t sum = multiply_memory(state_data, weights_time_data, rank * memory, bias);
        const int32_t scaled = requantize_any(sum, output_quant_params->multiplier, output_quant_params->shift);
        *output_data++ = clamp_s8(add_wrapped(scaled, svdf_params->output_offset), range.min, range.max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
