#include "arm_nnfunctions.h"

int32_t arm_fully_connected_s8_get_buffer_size(const cmsis_nn_dims *filter_dims)
{
    return (int32_t)sizeof(int16_t) * ((filter_dims->n + 3) / 4 * 4);
}

/* One channel after the other, each with the one multiplier. */
arm_cmsis_nn_status arm_fully_connected_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                           const cmsis_nn_per_tensor_quant_params *quant_params,
                                           const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                           const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    int32_t multiplier = quant_params->multiplier, shift = quant_params->shift;
    const cmsis_nn_per_channel_quant_params quant = {&multiplier, &shift};
    const cmsis_nn_dims one_row = {1, 1, 1, filter_dims->n}, one_channel = {1, 1, 1, 1};
    for (int32_t row = 0; row < input_dims->n; row++) {
        for (int32_t channel = 0; channel < output_dims->c; channel++) {
            const arm_cmsis_nn_status status = arm_fully_connected_per_channel_s8(
                ctx, fc_params, &quant, &one_row, input_data + row * filter_dims->n, filter_dims,
                filter_data + channel * filter_dims->n, bias_dims, bias_data != NULL ? bias_data + channel : NULL,
                &one_channel, output_data++);
            if (status != ARM_CMSIS_NN_SUCCESS) {
                return status;
            }
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
