#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/pool_words.h"
#include "cmsis/kernels/internal/window.h"

static inline int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Takes one square of taps into each output. `before_step` leads from what one position found so far to the next one's. */
static void pool_square(const edgeplug_windows *windows, int32_t channels, edgeplug_squares squares, int32_t before_step,
                        int32_t right)
{
    const int32_t words = EDGEPLUG_POOL_WORDS * channels / 4;
    for (int32_t positions = windows->positions; positions > 0; positions--) {
        if (words > 0) {
            largest_of_squares(&squares, right, words);
        }
        for (int32_t rest = channels - 4 * words; rest > 0; rest--, squares.taps++, squares.below++) {
            const int32_t upper = larger(squares.taps[0], squares.taps[right]);
            const int32_t lower = larger(squares.below[0], squares.below[right]);
            *squares.output++ = (int8_t)larger(*squares.before++, larger(upper, lower));
        }
        squares.before += before_step - channels;
        squares.taps += windows->position_step - channels;
        squares.below += windows->position_step - channels;
    }
}

/* Covers the windows with squares, which may overlap: the largest value doesn't mind. */
static void pool_windows(const edgeplug_windows *windows, int32_t channels, int8_t *output)
{
    int32_t rows = windows->rows, columns = windows->columns, down = windows->row_step, right = windows->column_step;
    if (rows == 1) {
        /* Two halves of a row instead. */
        down = columns / 2 * right;
        columns -= columns / 2;
        rows = 2;
    }
    if (columns == 1) {
        right = 0;
    }
    const int8_t *before = windows->first;
    int32_t before_step = windows->position_step;
    for (int32_t y = 0; y < rows; y += 2) {
        for (int32_t x = 0; x < columns; x += 2) {
            const int32_t row = smaller(y, rows - 2), column = smaller(x, columns - 2);
            const int8_t *taps = windows->first + row * down + column * right;
            const edgeplug_squares squares = {taps, taps + down, before, output};
            pool_square(windows, channels, squares, before_step, right);
            before = output;
            before_step = channels;
        }
    }
}

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                    int8_t *output_data)
{
    (void)ctx;
    return edgeplug_pool_all(pool_params, input_dims, input_data, filter_dims, output_dims, output_data, pool_windows);
}
