#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/window.h"

/* Moves `*start` into the input and returns how many of `size` taps from the old start on lie there. */
static int32_t clip_taps(int32_t *start, int32_t size, int32_t extent)
{
    const int32_t end = *start + size < extent ? *start + size : extent;
    *start = *start < 0 ? 0 : *start;
    return end - *start;
}

arm_cmsis_nn_status edgeplug_pool_all(const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims,
                                      const int8_t *input, const cmsis_nn_dims *filter_dims,
                                      const cmsis_nn_dims *output_dims, int8_t *output, edgeplug_pool *pool)
{
    const int32_t channels = input_dims->c, width = input_dims->w, out_width = output_dims->w, step = params->stride.w;
    edgeplug_windows windows; /* Set member by member: GCC would call memset() for the others. */
    windows.row_step = width * channels;
    windows.column_step = channels;
    windows.position_step = step * channels;
    for (int32_t batch = 0; batch < input_dims->n; batch++, input += input_dims->h * windows.row_step) {
        for (int32_t out_y = 0; out_y < output_dims->h; out_y++) {
            int32_t y = out_y * params->stride.h - params->padding.h;
            windows.rows = clip_taps(&y, filter_dims->h, input_dims->h);
            for (int32_t out_x = 0; out_x < out_width; out_x += windows.positions) {
                int32_t x = out_x * step - params->padding.w;
                windows.columns = clip_taps(&x, filter_dims->w, width);
                windows.first = input + y * windows.row_step + x * channels;
                if (windows.rows <= 0 || windows.columns <= 0) {
                    return ARM_CMSIS_NN_ARG_ERROR;
                }
                /* Windows that lie inside as a whole are alike. */
                const int32_t alike = windows.columns < filter_dims->w ? 1 : (width - windows.columns - x) / step + 1;
                windows.positions = alike < out_width - out_x ? alike : out_width - out_x;
                pool(&windows, channels, output);
                clamp_all_s8(output, windows.positions * channels, params->activation.min, params->activation.max);
                output += windows.positions * channels;
            }
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
