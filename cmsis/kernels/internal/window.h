/* The part of a pooling window that lies inside the input. */
#ifndef EDGEPLUG_WINDOW_H
#define EDGEPLUG_WINDOW_H

#include "arm_nn_types.h"

/* Half-open range of rows and columns of the input. */
typedef struct {
    int32_t y_first, y_end;
    int32_t x_first, x_end;
} edgeplug_window;

static inline edgeplug_window window_inside(const cmsis_nn_pool_params *params, const cmsis_nn_dims *input,
                                            const cmsis_nn_dims *filter, int32_t out_y, int32_t out_x)
{
    const int32_t y = out_y * params->stride.h - params->padding.h, x = out_x * params->stride.w - params->padding.w;
    const edgeplug_window window = {
        y < 0 ? 0 : y,
        y + filter->h < input->h ? y + filter->h : input->h,
        x < 0 ? 0 : x,
        x + filter->w < input->w ? x + filter->w : input->w,
    };
    return window;
}

#endif
