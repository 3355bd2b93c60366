#include "arm_nnfunctions.h"

#include "requantize.h"

int32_t arm_transpose_conv_s8_get_buffer_size(const cmsis_nn_transpose_conv_params *transpose_conv_params,
                                              const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
                                              const cmsis_nn_dims *out_dims)
{
    (void)out_dims;
    const cmsis_nn_tile stride = transpose_conv_params->stride;
    const int32_t rows = (filter_dims->h + stride.h - 1) / stride.h, columns = (filter_dims->w + stride.w - 1) / stride.w;
    return rows * columns * 4 * (int32_t)sizeof(int16_t) * ((input_dims->c + 3) / 4 * 4);
}

/* Sum of what the input adds to one output pixel by one filter. */
static int32_t sum_pixel(const cmsis_nn_transpose_conv_params *params, const cmsis_nn_dims *dims, const int8_t *input,
                         const cmsis_nn_dims *filter_dims, const int8_t *filter, int32_t out_y, int32_t out_x)
{
    int32_t sum = 0;
    for (int32_t tap = 0; tap < filter_dims->h * filter_dims->w; tap++) {
        const int32_t y = out_y + params->padding.h - tap / filter_dims->w;
        const int32_t x = out_x + params->padding.w - tap % filter_dims->w;
        const int32_t row = y / params->stride.h, column = x / params->stride.w;
        if (y % params->stride.h != 0 || x % params->stride.w != 0 || y < 0 || x < 0 || row >= dims->h || column >= dims->w) {
            continue;
        }
        for (int32_t channel = 0; channel < dims->c; channel++) {
            sum += (input[(row * dims->w + column) * dims->c + channel] + params->input_offset) *
                   filter[tap * dims->c + channel];
        }
    }
    return sum;
}

arm_cmsis_nn_status arm_transpose_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_transpose_conv_params *transpose_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)output_ctx;
    (void)bias_dims;
    const cmsis_nn_transpose_conv_params *params = transpose_conv_params;
    if (ctx->buf == NULL) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (params->dilation.h != 1 || params->dilation.w != 1) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    for (int32_t position = 0; position < input_dims->n * output_dims->h * output_dims->w; position++) {
        const int32_t x = position % output_dims->w, row = position / output_dims->w;
        const int8_t *input = input_data + row / output_dims->h * input_dims->h * input_dims->w * input_dims->c;
        for (int32_t channel = 0; channel < output_dims->c; channel++) {
            const int8_t *filter = filter_data + channel * filter_dims->h * filter_dims->w * input_dims->c;
            const int32_t sum = sum_pixel(params, input_dims, input, filter_dims, filter, row % output_dims->h, x);
            const int32_t scaled = requantize_twice(sum + (bias_data != NULL ? bias_data[channel] : 0),
                                                    quant_params->multiplier[channel], quant_params->shift[channel]);
            *output_data++ = clamp_s8(scaled + params->output_offset, params->activation.min, params->activation.max);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
