#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/simd.h"
#include "cmsis/kernels/internal/window.h"

/* Largest values of four neighbouring channels; `input` points at the window's first value, steps are in bytes. */
static uint32_t largest_of_four(const int8_t *input, int32_t rows, int32_t columns, int32_t row_step, int32_t column_step)
{
    uint32_t largest = 0x80808080u;
    for (; rows > 0; rows--, input += row_step) {
        const int8_t *value = input;
        for (int32_t left = columns; left > 0; left--, value += column_step) {
            largest = max_bytes(largest, load_4(value));
        }
    }
    return largest;
}

/* The same for one channel. */
static int8_t largest_of_one(const int8_t *input, int32_t rows, int32_t columns, int32_t row_step, int32_t column_step)
{
    int8_t largest = INT8_MIN;
    for (; rows > 0; rows--, input += row_step) {
        for (int32_t column = 0; column < columns; column++) {
            const int8_t value = input[column * column_step];
            largest = value > largest ? value : largest;
        }
    }
    return largest;
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
            const int32_t rows = window.y_end - window.y_first, columns = window.x_end - window.x_first;
            const int8_t *first = input_data + window.y_first * row + window.x_first * channels;
            int32_t channel = 0;
            for (; channel + 4 <= channels; channel += 4) {
                const uint32_t largest = largest_of_four(first + channel, rows, columns, row, channels);
                memcpy(output_data + channel, &largest, sizeof largest);
            }
            for (; channel < channels; channel++) {
                output_data[channel] = largest_of_one(first + channel, rows, columns, row, channels);
            }
            clamp_all_s8(output_data, channels, range.min, range.max);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
