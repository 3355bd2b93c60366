#include "arm_nnfunctions.h"

#include "requantize.h"

int32_t arm_convolve_s16_get_buffer_size(const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims)
{
    (void)input_dims;
    return (int32_t)sizeof(int16_t) * filter_dims->h * filter_dims->w * filter_dims->c;
}

/* Sum of one window times one filter; `input` is the first channel of the filter's group. */
static int64_t convolve_window(const cmsis_nn_conv_params *params, const cmsis_nn_dims *dims, const int16_t *input,
                               const cmsis_nn_dims *filter_dims, const int8_t *filter, int32_t out_y, int32_t out_x)
{
    int64_t sum = 0;
    for (int32_t tap = 0; tap < filter_dims->h * filter_dims->w; tap++, filter += filter_dims->c) {
        const int32_t y = out_y * params->stride.h - params->padding.h + tap / filter_dims->w * params->dilation.h;
        const int32_t x = out_x * params->stride.w - params->padding.w + tap % filter_dims->w * params->dilation.w;
        for (int32_t channel = 0; channel < filter_dims->c && y >= 0 && y < dims->h && x >= 0 && x < dims->w; channel++) {
            sum += input[(y * dims->w + x) * dims->c + channel] * filter[channel];
        }
    }
    return sum;
}

arm_cmsis_nn_status arm_convolve_s16(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                     const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
                                     const int16_t *input_data, const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                     const cmsis_nn_dims *bias_dims, const cmsis_nn_bias_data *bias_data,
                                     const cmsis_nn_dims *output_dims, int16_t *output_data)
{
    (void)bias_dims;
    if (ctx->buf == NULL || input_dims->c % filter_dims->c != 0 ||
        output_dims->c % (input_dims->c / filter_dims->c) != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (bias_data->is_int32_bias) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    const int64_t *bias = bias_data->data;
    const int32_t depth = filter_dims->h * filter_dims->w * filter_dims->c;
    const int32_t group_channels = output_dims->c / (input_dims->c / filter_dims->c);
    for (int32_t index = 0; index < input_dims->n * output_dims->h * output_dims->w * output_dims->c; index++) {
        const int32_t channel = index % output_dims->c, position = index / output_dims->c, row = position / output_dims->w;
        const int16_t *input = input_data + row / output_dims->h * input_dims->h * input_dims->w * input_dims->c +
                               channel / group_channels * filter_dims->c;
        const int64_t sum = convolve_window(conv_params, input_dims, input, filter_dims, filter_data + channel * depth,
                                            row % output_dims->h, position % output_dims->w);
        const int64_t scaled = requantize_long(sum + (bias != NULL ? bias[channel] : 0), quant_params->multiplier[channel],
                                               quant_params->shift[channel]);
        *output_data++ = clamp_s16(scaled, conv_params->activation.min, conv_params->activation.max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
