#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/simd.h"

int32_t arm_convolve_1_x_n_s8_get_buffer_size(const cmsis_nn_conv_params *conv_params, const cmsis_nn_dims *input_dims,
                                              const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims)
{
    (void)conv_params;
    (void)output_dims;
    return arm_convolve_s8_get_buffer_size(input_dims, filter_dims);
}

/* Widens `depth` values of a row of `count` values, from index `first` on, which may lie before or behind the row. */
static __attribute__((noinline)) void widen_edge(uint32_t *columns, int32_t column, int8_t *seen, const int8_t *row,
                                                 int32_t count, int32_t first, int32_t depth, int32_t offset)
{
    const int32_t before = first >= 0 ? 0 : -first < depth ? -first : depth, rest = count - first;
    const int32_t end = rest < before ? before : rest < depth ? rest : depth;
    memset(seen, -offset, (size_t)before);
    copy_bytes(seen + before, row + first + before, end - before);
    memset(seen + end, -offset, (size_t)(depth - end));
    edgeplug_widen(columns, column, seen, depth, offset);
}

/* Convolves one row, four output positions at a time; the last four repeat some of the ones before. */
static void convolve_row(uint32_t *columns, const edgeplug_filters *filters, const cmsis_nn_conv_params *params,
                         const int8_t *row, int32_t count, int32_t channels, int32_t positions, int8_t *output)
{
    const int32_t step = params->stride.w * channels, depth = filters->depth, offset = params->input_offset;
    const int32_t together = positions < EDGEPLUG_COLUMNS ? 1 : EDGEPLUG_COLUMNS;
    int8_t *seen = (int8_t *)(columns + (depth + 3) / 4 * 2 * EDGEPLUG_COLUMNS);
    for (int32_t next = 0; next < positions; next += together) {
        const int32_t position = next + together <= positions ? next : positions - together;
        int32_t first = position * step - params->padding.w * channels;
        for (int32_t column = 0; column < together; column++, first += step) {
            if (first >= 0 && first + depth <= count) {
                edgeplug_widen(columns, column, row + first, depth, offset);
            } else {
                widen_edge(columns, column, seen, row, count, first, depth, offset);
            }
        }
        edgeplug_multiply_columns(columns, filters, together, output + position * filters->channels);
    }
}

arm_cmsis_nn_status arm_convolve_1_x_n_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)bias_dims;
    const int32_t channels = input_dims->c, count = input_dims->w * channels;
    if (ctx->buf == NULL || input_dims->h != 1 || filter_dims->h != 1 || conv_params->dilation.w != 1 ||
        filter_dims->c != channels || conv_params->stride.w * channels % 4 != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    edgeplug_filters filters = {filter_data, bias_data, quant_params->multiplier, quant_params->shift, output_dims->c,
                                output_dims->c, filter_dims->w * channels, conv_params->output_offset,
                                conv_params->activation, false};
    filters.suit_pairs = edgeplug_suit_pairs(&filters);
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        convolve_row(ctx->buf, &filters, conv_params, input_data, count, channels, output_dims->w, output_data);
        input_data += count;
        output_data += output_dims->w * output_dims->c;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
