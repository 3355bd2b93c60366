#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/simd.h"
#include "cmsis/kernels/internal/window.h"

/* output = max(output, input), `count` values. */
static void take_larger(int8_t *output, const int8_t *input, int32_t count)
{
    for (; count >= 4; count -= 4) {
        const uint32_t larger = max_bytes(load_4(output), load_4(input));
        memcpy(output, &larger, sizeof larger);
        output += 4;
        input += 4;
    }
    for (; count > 0; count--, output++, input++) {
        *output = *output > *input ? *output : *input;
    }
}

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                    int8_t *output_data)
{
    (void)ctx;
    const int32_t channels = input_dims->c, row = input_dims->w * channels;
    const cmsis_nn_activation range = pool_params->activation;
    for (int32_t batch = 0; batch < input_dims->n; batch++, input_data += input_dims->h * row) {
        for (int32_t position = 0; position < output_dims->h * output_dims->w; position++, output_data += channels) {
            const edgeplug_window window = window_inside(pool_params, input_dims, filter_dims, position / output_dims->w,
                                                         position % output_dims->w);
            memset(output_data, range.min, (size_t)channels);
            for (int32_t y = window.y_first; y < window.y_end; y++) {
                for (int32_t x = window.x_first; x < window.x_end; x++) {
                    take_larger(output_data, input_data + y * row + x * channels, channels);
                }
            }
            for (int32_t channel = 0; range.max < INT8_MAX && channel < channels; channel++) {
                output_data[channel] = clamp_s8(output_data[channel], range.min, range.max);
            }
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
