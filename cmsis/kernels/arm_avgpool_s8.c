#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/simd.h"
#include "cmsis/kernels/internal/window.h"

int32_t arm_avgpool_s8_get_buffer_size(const int output_x, const int ch_src)
{
    (void)output_x;
    return ch_src * (int32_t)sizeof(int32_t);
}

#define LANE_VALUES 255 /* that many int8 fit into a lane's sum */

/* Sums the window for four neighbouring channels, by lanes; at most LANE_VALUES values each. */
static void sum_four(int32_t *sums, const int8_t *input, int32_t rows, int32_t columns, int32_t row_step, int32_t column_step)
{
    uint32_t even = 0, odd = 0;
    for (; rows > 0; rows--, input += row_step) {
        const int8_t *value = input;
        for (int32_t left = columns; left > 0; left--, value += column_step) {
            const uint32_t bytes = load_4(value);
            even = widen_even_add(even, bytes);
            odd = widen_odd_add(odd, bytes);
        }
    }
    sums[0] = (int16_t)even;
    sums[1] = (int16_t)odd;
    sums[2] = (int16_t)(even >> 16);
    sums[3] = (int16_t)(odd >> 16);
}

/* Sums the window for one channel. */
static int32_t sum_one(const int8_t *input, int32_t rows, int32_t columns, int32_t row_step, int32_t column_step)
{
    int32_t sum = 0;
    for (; rows > 0; rows--, input += row_step) {
        for (int32_t column = 0; column < columns; column++) {
            sum += input[column * column_step];
        }
    }
    return sum;
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
    const int32_t channels = input_dims->c, row = input_dims->w * channels;
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t position = 0; position < output_dims->h * output_dims->w; position++) {
            const edgeplug_window window = window_inside(pool_params, input_dims, filter_dims, position / output_dims->w,
                                                         position % output_dims->w);
            const int32_t rows = window.y_end - window.y_first, columns = window.x_end - window.x_first;
            const int32_t count = rows * columns;
            const int8_t *first = input_data + window.y_first * row + window.x_first * channels;
            if (rows <= 0 || columns <= 0) {
                return ARM_CMSIS_NN_ARG_ERROR;
            }
            int32_t summed = 0;
            for (; count <= LANE_VALUES && summed + 4 <= channels; summed += 4) {
                sum_four(sums + summed, first + summed, rows, columns, row, channels);
            }
            for (; summed < channels; summed++) {
                sums[summed] = sum_one(first + summed, rows, columns, row, channels);
            }
            for (int32_t channel = 0; channel < channels; channel++) {
                const int32_t half = sums[channel] > 0 ? count / 2 : -(count / 2);
                *output_data++ = clamp_s8((sums[channel] + half) / count, range.min, range.max);
            }
        }
        input_data += input_dims->h * row;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
