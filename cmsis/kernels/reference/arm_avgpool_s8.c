#include "arm_nnfunctions.h"

#include "requantize.h"

int32_t arm_avgpool_s8_get_buffer_size(const int output_x, const int ch_src)
{
    (void)output_x;
    return ch_src * (int32_t)sizeof(int32_t);
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                   int8_t *output_data)
{
    (void)ctx;
    const int32_t channels = input_dims->c;
    for (int32_t index = 0; index < input_dims->n * output_dims->h * output_dims->w * channels; index++) {
        const int32_t position = index / channels, row = position / output_dims->w;
        const int32_t first_y = row % output_dims->h * pool_params->stride.h - pool_params->padding.h;
        const int32_t first_x = position % output_dims->w * pool_params->stride.w - pool_params->padding.w;
        int32_t sum = 0, count = 0;
        for (int32_t tap = 0; tap < filter_dims->h * filter_dims->w; tap++) {
            const int32_t y = first_y + tap / filter_dims->w, x = first_x + tap % filter_dims->w;
            if (y >= 0 && y < input_dims->h && x >= 0 && x < input_dims->w) {
                const int32_t line = row / output_dims->h * input_dims->h + y;
                sum += input_data[(line * input_dims->w + x) * channels + index % channels];
                count++;
            }
        }
        if (count == 0) {
            return ARM_CMSIS_NN_ARG_ERROR;
        }
        const int32_t mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
        *output_data++ = clamp_s8(mean, pool_params->activation.min, pool_params->activation.max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
