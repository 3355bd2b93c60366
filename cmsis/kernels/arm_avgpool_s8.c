#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/pool_words.h"
#include "cmsis/kernels/internal/window.h"

int32_t arm_avgpool_s8_get_buffer_size(const int output_x, const int ch_src)
{
    (void)output_x;
    return ch_src * (int32_t)sizeof(int32_t);
}

/* Averages windows of four taps: two, `right` bytes apart, and two more `down` bytes behind them. */
static void average_square(const edgeplug_windows *windows, int32_t channels, int32_t right, int32_t down, int8_t *output)
{
    edgeplug_squares squares = {windows->first, windows->first + down, NULL, output};
    for (int32_t positions = windows->positions; positions > 0; positions--) {
        average_squares(&squares, right, channels / 4);
        squares.taps += windows->position_step - channels;
        squares.below += windows->position_step - channels;
    }
}

/* A window of any size. */
typedef struct {
    int32_t rows, columns, row_step, column_step;
    int32_t count;  /* of taps */
    int32_t factor; /* 2^30 / count, rounded down, plus 1 */
} rectangle;

/* Averages at most EDGEPLUG_LANE_TAPS taps for four channels: floor(sum * factor / 2^30 + 1/2). The factor's excess moves
 * halves away from zero, and is too small to move anything else.
 */
static void average_four(const rectangle *window, const int8_t *taps, int8_t *output)
{
    const int32_t factor = window->factor, half = 1 << 13;
    edgeplug_lanes lanes = {0, 0};
    for (int32_t rows = window->rows; rows > 0; rows--, taps += window->row_step) {
        add_taps(&lanes, taps, window->column_step, window->columns);
    }
    output[0] = (int8_t)(scale_low(factor, lanes.even, half) >> 14);
    output[1] = (int8_t)(scale_low(factor, lanes.odd, half) >> 14);
    output[2] = (int8_t)(scale_top(factor, lanes.even, half) >> 14);
    output[3] = (int8_t)(scale_top(factor, lanes.odd, half) >> 14);
}

/* Averages any number of taps for one channel. */
static int8_t average_one(const rectangle *window, const int8_t *taps)
{
    int32_t sum = 0;
    for (int32_t rows = window->rows; rows > 0; rows--, taps += window->row_step) {
        for (int32_t column = 0; column < window->columns; column++) {
            sum += taps[column * window->column_step];
        }
    }
    const int32_t half = window->count / 2;
    return (int8_t)((sum + (sum > 0 ? half : -half)) / window->count);
}

/* Averages any windows. */
static void average_rectangle(const edgeplug_windows *windows, int32_t channels, int8_t *output)
{
    const int32_t rows = windows->rows, columns = windows->columns, count = rows * columns;
    /* Whole rows are one long row. */
    const bool whole = columns * windows->column_step == windows->row_step;
    const rectangle window = {whole ? 1 : rows, whole ? count : columns, windows->row_step, windows->column_step,
                              count, (1 << 30) / count + 1};
    for (int32_t position = 0; position < windows->positions; position++) {
        const int8_t *taps = windows->first + position * windows->position_step;
        for (int32_t left = channels, together; left > 0; left -= together, taps += together, output += together) {
            together = count <= EDGEPLUG_LANE_TAPS && left >= 4 ? 4 : 1;
            if (together == 4) {
                average_four(&window, taps, output);
            } else {
                *output = average_one(&window, taps);
            }
        }
    }
}

/* One or two taps make a square too, if each counts several times. */
static void average_windows(const edgeplug_windows *windows, int32_t channels, int8_t *output)
{
    const int32_t rows = windows->rows, columns = windows->columns;
    const bool in_words = EDGEPLUG_POOL_WORDS && channels % 4 == 0;
    const int32_t right = columns > 1 ? windows->column_step : 0, down = rows > 1 ? windows->row_step : 0;
    if (in_words && rows <= 2 && columns <= 2) {
        average_square(windows, channels, right, down, output);
    } else if (in_words && rows * columns == 4) {
        average_square(windows, channels, right + down, 2 * (right + down), output);
    } else {
        average_rectangle(windows, channels, output);
    }
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                   int8_t *output_data)
{
    (void)ctx;
    return edgeplug_pool_all(pool_params, input_dims, input_data, filter_dims, output_dims, output_data, average_windows);
}
