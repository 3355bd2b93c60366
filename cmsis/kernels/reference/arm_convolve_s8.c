#include "arm_nnfunctions.h"

#include "requantize.h"

int32_t arm_convolve_s8_get_buffer_size(const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims)
{
    (void)input_dims;
    const int32_t depth = filter_dims->h * filter_dims->w * filter_dims->c;
    return (4 * (int32_t)sizeof(int16_t) + 1) * ((depth + 3) / 4 * 4);
}

/* Sum of one window times one filter; `input` is the first channel of the filter's group. */
static int32_t convolve_window(const cmsis_nn_conv_params *params, const cmsis_nn_dims *dims, const int8_t *input,
                               const cmsis_nn_dims *filter_dims, const int8_t *filter, int32_t out_y, int32_t out_x)
{
    int32_t sum = 0;
    for (int32_t tap_y = 0; tap_y < filter_dims->h; tap_y++) {
        for (int32_t tap_x = 0; tap_x < filter_dims->w; tap_x++, filter += filter_dims->c) {
            const int32_t y = out_y * params->stride.h - params->padding.h + tap_y * params->dilation.h;
            const int32_t x = out_x * params->stride.w - params->padding.w + tap_x * params->dilation.w;
            if (y < 0 || y >= dims->h || x < 0 || x >= dims->w) {
                continue;
            }
            for (int32_t channel = 0; channel < filter_dims->c; channel++) {
                sum += (input[(y * dims->w + x) * dims->c + channel] + params->input_offset) * filter[channel];
            }
        }
    }
    return sum;
}

arm_cmsis_nn_status arm_convolve_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                    const cmsis_nn_per_channel_quant_params *quant_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                    const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                    const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                    const cmsis_nn_dims *upscale_dims, const cmsis_nn_dims *output_dims,
                                    int8_t *output_data)
{
    (void)bias_dims;
    if (ctx->buf == NULL) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (upscale_dims != NULL) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    if (input_dims->c % filter_dims->c != 0 || output_dims->c % (input_dims->c / filter_dims->c) != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const int32_t group_channels = output_dims->c / (input_dims->c / filter_dims->c);
    const int32_t depth = filter_dims->h * filter_dims->w * filter_dims->c;
    for (int32_t position = 0; position < input_dims->n * output_dims->h * output_dims->w; position++) {
        const int32_t x = position % output_dims->w, row = position / output_dims->w;
        const int8_t *input = input_data + row / output_dims->h * input_dims->h * input_dims->w * input_dims->c;
        for (int32_t channel = 0; channel < output_dims->c; channel++) {
            const int32_t sum = convolve_window(conv_params, input_dims, input + channel / group_channels * filter_dims->c,
                                                filter_dims, filter_data + channel * depth, row % output_dims->h, x);
            const int32_t scaled = requantize_twice(sum + (bias_data != NULL ? bias_data[channel] : 0),
                                                    quant_params->multiplier[channel], quant_params->shift[channel]);
            *output_data++ = clamp_s8(scaled + conv_params->output_offset, conv_params->activation.min,
                                      conv_params->activation.max);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
