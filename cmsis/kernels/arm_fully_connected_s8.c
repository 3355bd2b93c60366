#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/rows.h"

int32_t arm_fully_connected_s8_get_buffer_size(const cmsis_nn_dims *filter_dims)
{
    return edgeplug_fully_connected_buffer_size(filter_dims->n);
}

arm_cmsis_nn_status arm_fully_connected_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                           const cmsis_nn_per_tensor_quant_params *quant_params,
                                           const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                           const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)bias_dims;
    int32_t multiplier = quant_params->multiplier, shift = quant_params->shift;
    const cmsis_nn_per_channel_quant_params quant = {&multiplier, &shift};
    return edgeplug_multiply_rows_s8(ctx, fc_params, &quant, 0, input_dims->n, filter_dims->n, output_dims->c, input_data,
                                       filter_data, bias_data, output_data);
}
