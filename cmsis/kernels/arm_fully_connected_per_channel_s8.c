#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/rows.h"

arm_cmsis_nn_status arm_fully_connected_per_channel_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                                       const cmsis_nn_per_channel_quant_params *quant_params,
                                                       const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                                       const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                                       const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                                       const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)bias_dims;
    return edgeplug_multiply_rows_s8(ctx, fc_params, quant_params, 1, input_dims->n, filter_dims->n, output_dims->c,
                                       input_data, filter_data, bias_data, output_data);
}
