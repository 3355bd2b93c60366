#include "edgeplug_nn.h"

#include "requantize.h"

/* Element of a matrix that may lie transposed. */
static int32_t element(const int8_t *matrix, const cmsis_nn_dims *dims, bool transposed, int32_t row, int32_t column)
{
    return transposed ? matrix[column * dims->c + row] : matrix[row * dims->c + column];
}

/* Where batch (n, h) of a side lies; an extent of 1 serves all. */
static const int8_t *batch_of(const int8_t *data, const cmsis_nn_dims *dims, int32_t n, int32_t h)
{
    return data + (n % dims->n * dims->h + h % dims->h) * dims->w * dims->c;
}

arm_cmsis_nn_status edgeplug_batch_matmul_s8(const cmsis_nn_context *ctx, const cmsis_nn_bmm_params *bmm_params,
                                             const cmsis_nn_per_tensor_quant_params *quant_params,
                                             const cmsis_nn_dims *input_lhs_dims, const int8_t *input_lhs,
                                             const cmsis_nn_dims *input_rhs_dims, const int8_t *input_rhs,
                                             const cmsis_nn_dims *output_dims, int8_t *output)
{
    const bool adj_x = bmm_params->adj_x, adj_y = bmm_params->adj_y;
    const cmsis_nn_fc_params *params = &bmm_params->fc_params;
    const int32_t depth = adj_x ? input_lhs_dims->w : input_lhs_dims->c;
    if (ctx->buf == NULL || output_dims->w != (adj_x ? input_lhs_dims->c : input_lhs_dims->w) ||
        depth != (adj_y ? input_rhs_dims->c : input_rhs_dims->w) ||
        output_dims->c != (adj_y ? input_rhs_dims->w : input_rhs_dims->c)) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const int32_t area = output_dims->w * output_dims->c;
    for (int32_t index = 0; index < output_dims->n * output_dims->h * area; index++) {
        const int32_t n = index / area / output_dims->h, h = index / area % output_dims->h;
        const int32_t row = index % area / output_dims->c, column = index % output_dims->c;
        const int8_t *left = batch_of(input_lhs, input_lhs_dims, n, h), *right = batch_of(input_rhs, input_rhs_dims, n, h);
        int32_t sum = 0;
        for (int32_t i = 0; i < depth; i++) {
            sum += (element(left, input_lhs_dims, adj_x, row, i) + params->input_offset) *
                   (element(right, input_rhs_dims, adj_y, i, column) + params->filter_offset);
        }
        const int32_t scaled = requantize_twice(sum, quant_params->multiplier, quant_params->shift);
        *output++ = clamp_s8(scaled + params->output_offset, params->activation.min, params->activation.max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
