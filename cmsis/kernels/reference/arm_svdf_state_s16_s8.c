#include "arm_nnfunctions.h"

#include "requantize.h"

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
    const cmsis_nn_activation state_range = svdf_params->input_activation, range = svdf_params->output_activation;
    if (input_dims->n != 1 || filters % rank != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    for (int32_t filter = 0; filter < filters; filter++) {
        int64_t sum = 0;
        for (int32_t i = 0; i < input_dims->h; i++) {
            sum += (input_data[i] - svdf_params->input_offset) * weights_feature_data[filter * input_dims->h + i];
        }
        int16_t *values = state_data + filter * memory;
        for (int32_t i = 0; i + 1 < memory; i++) {
            values[i] = values[i + 1];
        }
        values[memory - 1] = clamp_s16(requantize_any(wrap(sum), input_quant_params->multiplier, input_quant_params->shift),
                                       state_range.min, state_range.max);
    }
    for (int32_t unit = 0; unit < filters / rank; unit++) {
        int64_t sum = bias_data != NULL ? bias_data[unit] : 0;
        for (int32_t i = unit * rank * memory; i < (unit + 1) * rank * memory; i++) {
            sum += (int64_t)state_data[i] * weights_time_data[i];
        }
        const int32_t scaled = requantize_any(wrap(sum), output_quant_params->multiplier, output_quant_params->shift);
        output_data[unit] = clamp_s8(wrap((int64_t)scaled + svdf_params->output_offset), range.min, range.max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
