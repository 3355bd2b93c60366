#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/long_sums.h"

#include <string.h>

int32_t arm_convolve_s16_get_buffer_size(const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims)
{
    (void)input_dims;
    return (int32_t)sizeof(int16_t) * filter_dims->h * filter_dims->w * filter_dims->c;
}

/* The input from the first channel of a group on, and how a filter lies on it. */
typedef struct {
    const int16_t *data;
    const cmsis_nn_dims *dims;
    const cmsis_nn_dims *filter;
    const cmsis_nn_conv_params *params;
} image;

/* Returns what one output position sees: `seen`, filled, or the input itself where all lies there in one piece. */
static const int16_t *gather_window(int16_t *seen, const image *source, int32_t out_y, int32_t out_x)
{
    const cmsis_nn_conv_params *params = source->params;
    const cmsis_nn_dims *dims = source->dims, *filter = source->filter;
    const int32_t first_y = out_y * params->stride.h - params->padding.h, channels = filter->c;
    const int32_t first_x = out_x * params->stride.w - params->padding.w;
    const bool dense = params->dilation.w == 1 && channels == dims->c;
    if (dense && filter->h == 1 && first_y >= 0 && first_y < dims->h && first_x >= 0 && first_x + filter->w <= dims->w) {
        return source->data + (first_y * dims->w + first_x) * channels;
    }
    int16_t *target = seen;
    for (int32_t row = 0; row < filter->h; row++) {
        const int32_t y = first_y + row * params->dilation.h;
        for (int32_t column = 0; column < filter->w; column++, target += channels) {
            const int32_t x = first_x + column * params->dilation.w;
            const bool inside = y >= 0 && y < dims->h && x >= 0 && x < dims->w;
            const int16_t *pixel = source->data + (y * dims->w + x) * dims->c;
            for (int32_t channel = 0; channel < channels; channel++) {
                target[channel] = inside ? pixel[channel] : 0;
            }
        }
    }
    return seen;
}

/* The sum times a multiplier cut to 15 bits, rounded halves up; the caller's ranges keep all within 64 bits. */
static int32_t scale(int64_t sum, int32_t multiplier, int32_t shift)
{
    const int32_t rounded = (int32_t)(((int64_t)multiplier + (1 << 15)) >> 16);
    const int32_t factor = rounded > INT16_MAX ? INT16_MAX : rounded;
    return (int32_t)((sum * factor + ((int64_t)1 << (14 - shift))) >> (15 - shift));
}

/* Applies the filters of one group to what one output position sees. */
static void multiply_window(const int16_t *seen, int32_t depth, const int8_t *filter, const int64_t *bias,
                            const cmsis_nn_per_channel_quant_params *quant, int32_t first, int32_t end,
                            const cmsis_nn_activation *range, int16_t *output)
{
    for (int32_t channel = first, count; channel < end; channel += count, filter += count * depth) {
        count = channel + 1 < end ? 2 : 1;
        int64_t sums[2] = {0, 0};
        if (bias != NULL) {
            sums[0] = bias[channel];
            sums[1] = bias[channel + count - 1];
        }
        edgeplug_multiply_long(seen, filter, filter + (count - 1) * depth, depth, sums);
        for (int32_t i = channel; i < channel + count; i++) {
            output[i] = clamp_s16(scale(sums[i - channel], quant->multiplier[i], quant->shift[i]), range->min, range->max);
        }
    }
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
    const int32_t depth = filter_dims->h * filter_dims->w * filter_dims->c;
    const int32_t groups = input_dims->c / filter_dims->c, channels = output_dims->c / groups;
    for (int32_t line = 0; line < input_dims->n * output_dims->h; line++) {
        const int16_t *batch = input_data + line / output_dims->h * input_dims->h * input_dims->w * input_dims->c;
        for (int32_t x = 0; x < output_dims->w; x++, output_data += output_dims->c) {
            for (int32_t group = 0; group < groups; group++) {
                const image source = {batch + group * filter_dims->c, input_dims, filter_dims, conv_params};
                multiply_window(gather_window(ctx->buf, &source, line % output_dims->h, x), depth,
                                filter_data + group * channels * depth, bias_data->data, quant_params, group * channels,
                                (group + 1) * channels, &conv_params->activation, output_data);
            }
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
