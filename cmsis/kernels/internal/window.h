/* Pooling windows, clipped to the input. */
#ifndef EDGEPLUG_WINDOW_H
#define EDGEPLUG_WINDOW_H

#include "arm_nn_types.h"

/* The windows of `positions` neighbouring outputs, which look alike: rectangles of taps, none of them empty. Steps are in
 * bytes: from one row or column of taps to the next, and from one position to the next.
 */
typedef struct {
    const int8_t *first;
    int32_t rows, columns, positions;
    int32_t row_step, column_step, position_step;
} edgeplug_windows;

/* Pools windows. Outputs of `channels` values lie one behind the other, apart from the input. */
typedef void edgeplug_pool(const edgeplug_windows *windows, int32_t channels, int8_t *output);

/* Applies `pool` to all windows, and the activation's range to the outputs. Returns ARG_ERROR if a window is empty. */
arm_cmsis_nn_status edgeplug_pool_all(const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims,
                                      const int8_t *input, const cmsis_nn_dims *filter_dims,
                                      const cmsis_nn_dims *output_dims, int8_t *output, edgeplug_pool *pool);

#endif
