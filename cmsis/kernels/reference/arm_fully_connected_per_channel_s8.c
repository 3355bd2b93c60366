#include "arm_nnfunctions.h"

#include "requantize.h"

arm_cmsis_nn_status arm_fully_connected_per_channel_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                                       const cmsis_nn_per_channel_quant_params *quant_params,
                                                       const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                                       const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                                       const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                                       const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)bias_dims;
    if (ctx->buf == NULL) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (fc_params->filter_offset != 0) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    for (int32_t row = 0; row < input_dims->n; row++, input_data += filter_dims->n) {
        for (int32_t channel = 0; channel < output_dims->c; channel++) {
            int32_t sum = bias_data != NULL ? bias_data[channel] : 0;
            for (int32_t i = 0; i < filter_dims->n; i++) {
                sum += (input_data[i] + fc_params->input_offset) * filter_data[channel * filter_dims->n + i];
            }
            const int32_t scaled = requantize_once(sum, quant_params->multiplier[channel], quant_params->shift[channel]);
            *output_data++ = clamp_s8(scaled + fc_params->output_offset, fc_params->activation.min,
                                      fc_params->activation.max);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
