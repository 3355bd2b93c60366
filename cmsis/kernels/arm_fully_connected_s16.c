#include "arm_nnfunctions.h"
#include "edgeplug_nn.h"

int32_t arm_fully_connected_s16_get_buffer_size(const cmsis_nn_dims *filter_dims)
{
    (void)filter_dims;
    return 0;
}

arm_cmsis_nn_status arm_fully_connected_s16(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                            const cmsis_nn_per_tensor_quant_params *quant_params,
                                            const cmsis_nn_dims *input_dims, const int16_t *input_data,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                            const cmsis_nn_dims *bias_dims, const int64_t *bias_data,
                                            const cmsis_nn_dims *output_dims, int16_t *output_data)
{
    (void)ctx;
    (void)bias_dims;
    if (fc_params->filter_offset != 0) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    const edgeplug_factor factor = {quant_params->multiplier, 0, 31 - quant_params->shift};
    edgeplug_fully_connected_s16(input_data, input_dims->n, filter_dims->n, filter_data, bias_data, output_dims->c, &factor, 0,
                                 fc_params->activation.min, fc_params->activation.max, output_data);
    return ARM_CMSIS_NN_SUCCESS;
}
