#include "arm_nnfunctions.h"

#include "requantize.h"

/* Sum of one window of input channel `source` times the filter of output channel `target`. */
static int32_t convolve_window(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *dims, const int8_t *input,
                               const cmsis_nn_dims *filter_dims, const int8_t *filter, int32_t out_y, int32_t out_x,
                               int32_t source)
{
    int32_t sum = 0;
    for (int32_t tap = 0; tap < filter_dims->h * filter_dims->w; tap++) {
        const int32_t y = out_y * params->stride.h - params->padding.h + tap / filter_dims->w * params->dilation.h;
        const int32_t x = out_x * params->stride.w - params->padding.w + tap % filter_dims->w * params->dilation.w;
        if (y >= 0 && y < dims->h && x >= 0 && x < dims->w) {
            sum += (input[(y * dims->w + x) * dims->c + source] + params->input_offset) *
                   filter[tap * dims->c * params->ch_mult];
        }
    }
    return sum;
}

arm_cmsis_nn_status arm_depthwise_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)ctx;
    (void)bias_dims;
    const cmsis_nn_activation range = dw_conv_params->activation;
    if (output_dims->c != input_dims->c * dw_conv_params->ch_mult || input_dims->n != 1) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    for (int32_t position = 0; position < output_dims->h * output_dims->w; position++) {
        for (int32_t channel = 0; channel < output_dims->c; channel++) {
            const int32_t sum = convolve_window(dw_conv_params, input_dims, input_data, filter_dims, filter_data + channel,
                                                position / output_dims->w, position % output_dims->w,
                                                channel / dw_conv_params->ch_mult);
            const int32_t scaled = requantize_twice(sum + (bias_data != NULL ? bias_data[channel] : 0),
                                                    quant_params->multiplier[channel], quant_params->shift[channel]);
            *output_data++ = clamp_s8(scaled + dw_conv_params->output_offset, range.min, range.max);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
