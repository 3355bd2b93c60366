#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/columns.h"

int32_t arm_convolve_1_x_n_s8_get_buffer_size(const cmsis_nn_conv_params *conv_params, const cmsis_nn_dims *input_dims,
                                              const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims)
{
    (void)conv_params;
    (void)output_dims;
    return arm_convolve_s8_get_buffer_size(input_dims, filter_dims);
}

/* Widens `depth` values of a row of `count` values, from index `first` on, which may lie before or behind the row. */
static __attribute__((noinline)) void widen_edge(uint32_t *columns, int32_t column, const int8_t *row, int32_t count,
                                                 int32_t first, int32_t depth, int32_t offset)
{
    const int32_t before = first < 0 ? -first : 0;
    const int32_t behind = first + depth > count ? first + depth - count : 0;
    edgeplug_widen_zeros(columns, column, 0, before < depth ? before : depth);
    if (before + behind < depth) {
        edgeplug_widen(columns, column, before, row + first + before, depth - before - behind, offset);
    }
    edgeplug_widen_zeros(columns, column, behind < depth ? depth - behind : 0, behind < depth ? behind : depth);
}

/* Convolves one row, two output positions at a time; an odd last one is computed twice into the same place. */
static void convolve_row(uint32_t *columns, const edgeplug_filters *filters, const cmsis_nn_conv_params *params,
                         const int8_t *row, int32_t count, int32_t channels, int32_t positions, int8_t *output)
{
    const int32_t step = params->stride.w * channels, depth = filters->depth;
    int32_t first = -params->padding.w * channels;
    for (; positions > 0; positions -= 2) {
        int8_t *const outputs[2] = {output, positions > 1 ? output + filters->channels : output};
        for (int32_t column = 0; column < 2; column++) {
            if (first >= 0 && first + depth <= count) {
                edgeplug_widen(columns, column, 0, row + first, depth, params->input_offset);
            } else {
                widen_edge(columns, column, row, count, first, depth, params->input_offset);
            }
            first += positions > 1 ? step : 0;
        }
        edgeplug_multiply_columns(columns, filters, outputs);
        output += 2 * filters->channels;
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
        conv_params->stride.w * channels % 4 != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    edgeplug_filters filters = {filter_data, bias_data, quant_params->multiplier, quant_params->shift, output_dims->c,
                                filter_dims->w * channels, conv_params->output_offset, conv_params->activation, false};
    filters.suit_pairs = edgeplug_suit_pairs(&filters);
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        convolve_row(ctx->buf, &filters, conv_params, input_data, count, channels, output_dims->w, output_data);
        input_data += count;
        output_data += output_dims->w * output_dims->c;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
