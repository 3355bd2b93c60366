#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/window.h"

#include <string.h>

int32_t arm_avgpool_s8_get_buffer_size(const int output_x, const int ch_src)
{
    (void)output_x;
    return ch_src * (int32_t)sizeof(int32_t);
}

/* Sums the window per channel. */
static void sum_window(int32_t *sums, const int8_t *input, const cmsis_nn_dims *dims, const edgeplug_window *window)
{
    memset(sums, 0, (size_t)dims->c * sizeof *sums);
    for (int32_t y = window->y_first; y < window->y_end; y++) {
        const int8_t *source = input + (y * dims->w + window->x_first) * dims->c;
        for (int32_t x = window->x_first; x < window->x_end; x++) {
            for (int32_t channel = 0; channel < dims->c; channel++) {
                sums[channel] += *source++;
            }
        }
    }
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                   int8_t *output_data)
{
    int32_t *sums = ctx->buf;
    if (sums == NULL) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const cmsis_nn_activation range = pool_params->activation;
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t position = 0; position < output_dims->h * output_dims->w; position++) {
            const edgeplug_window window = window_inside(pool_params, input_dims, filter_dims, position / output_dims->w,
                                                         position % output_dims->w);
            const int32_t count = (window.y_end - window.y_first) * (window.x_end - window.x_first);
            if (window.y_end <= window.y_first || window.x_end <= window.x_first) {
                return ARM_CMSIS_NN_ARG_ERROR;
            }
            sum_window(sums, input_data, input_dims, &window);
            for (int32_t channel = 0; channel < input_dims->c; channel++) {
                const int32_t half = sums[channel] > 0 ? count / 2 : -(count / 2);
                *output_data++ = clamp_s8((sums[channel] + half) / count, range.min, range.max);
            }
        }
        input_data += input_dims->h * input_dims->w * input_dims->c;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
