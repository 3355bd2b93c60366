#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/simd.h"

int32_t arm_convolve_s8_get_buffer_size(const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims)
{
    (void)input_dims;
    const int32_t depth = filter_dims->h * filter_dims->w * filter_dims->c;
    return (EDGEPLUG_COLUMNS * (int32_t)sizeof(int16_t) + 1) * ((depth + 3) & ~3);
}

/* The input from the first channel of a group on, how a filter lies on it, and room for what one output position sees; `dense`
 * where neighbouring columns of a window are neighbours in memory: without dilation and groups.
 */
typedef struct {
    const int8_t *data;
    const cmsis_nn_dims *dims;
    const cmsis_nn_dims *filter;
    const cmsis_nn_conv_params *params;
    int8_t *seen;
    bool dense;
} image;

/* Appends one row of a filter's window, from column `x` of the input on; `row` is NULL outside the input. */
static int8_t *gather_row(int8_t *seen, const image *source, const int8_t *row, int32_t x)
{
    const int32_t channels = source->filter->c, pitch = source->dims->c, width = source->dims->w, taps = source->filter->w;
    const int32_t dilation = source->params->dilation.w;
    const bool dense = source->dense;
    for (int32_t tap = 0, run; tap < taps; tap += run, x += run * dilation) {
        const bool inside = row != NULL && x >= 0 && x < width;
        /* Neighbours go together, as far as they are alike. */
        const int32_t alike = inside ? width - x : x < 0 ? -x : taps;
        run = !dense ? 1 : alike < taps - tap ? alike : taps - tap;
        const int32_t count = run * channels;
        if (!inside) {
            memset(seen, -source->params->input_offset, (size_t)count);
        } else {
            copy_bytes(seen, row + x * pitch, count);
        }
        seen += count;
    }
    return seen;
}

/* Widens what one output position sees: straight from the input where all of it lies there in whole groups of four. */
static void widen_window(uint32_t *columns, int32_t column, const image *source, int32_t out_y, int32_t out_x)
{
    const cmsis_nn_conv_params *params = source->params;
    const int32_t pitch = source->dims->c, row_bytes = source->dims->w * pitch, run = source->filter->w * pitch;
    const int32_t x = out_x * params->stride.w - params->padding.w, height = source->dims->h, taps = source->filter->h;
    const int32_t dilation = params->dilation.h, offset = params->input_offset;
    const bool whole = source->dense && x >= 0 && x + source->filter->w <= source->dims->w;
    int32_t y = out_y * params->stride.h - params->padding.h;
    if (whole && run % 4 == 0 && y >= 0 && y + (taps - 1) * dilation < height) {
        const int8_t *row = source->data + y * row_bytes + x * pitch;
        for (int32_t tap = 0; tap < taps; tap++, row += dilation * row_bytes) {
            edgeplug_widen(columns + tap * run * 2, column, row, run, offset);
        }
        return;
    }
    int8_t *seen = source->seen;
    for (int32_t tap = 0; tap < taps; tap++, y += dilation) {
        const int8_t *row = y >= 0 && y < height ? source->data + y * row_bytes : NULL;
        if (whole && row != NULL) {
            copy_bytes(seen, row + x * pitch, run);
            seen += run;
        } else {
            seen = gather_row(seen, source, row, x);
        }
    }
    edgeplug_widen(columns, column, source->seen, (int32_t)(seen - source->seen), offset);
}

/* Convolves one group of one image, four output positions at a time; the last four repeat some of the ones before. */
static void convolve_image(uint32_t *columns, const image *source, const edgeplug_filters *filters,
                           const cmsis_nn_dims *output_dims, int8_t *output)
{
    const int32_t positions = output_dims->h * output_dims->w;
    const int32_t count = positions < EDGEPLUG_COLUMNS ? 1 : EDGEPLUG_COLUMNS;
    for (int32_t next = 0; next < positions; next += count) {
        const int32_t first = next + count <= positions ? next : positions - count;
        int32_t y = first / output_dims->w, x = first % output_dims->w;
        for (int32_t column = 0; column < count; column++) {
            widen_window(columns, column, source, y, x);
            if (++x == output_dims->w) {
                x = 0;
                y++;
            }
        }
        edgeplug_multiply_columns(columns, filters, count, output + first * filters->pitch);
    }
}

arm_cmsis_nn_status arm_convolve_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                    const cmsis_nn_per_channel_quant_params *quant_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                    const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                    const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                    const cmsis_nn_dims *upscale_dims, const cmsis_nn_dims *output_dims,
                                    int8_t *output_data)
{
    (void)bias_dims;
    if (ctx->buf == NULL) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (upscale_dims != NULL) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    if (input_dims->c % filter_dims->c != 0 || output_dims->c % (input_dims->c / filter_dims->c) != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const int32_t groups = input_dims->c / filter_dims->c, channels = output_dims->c / groups;
    const int32_t depth = filter_dims->h * filter_dims->w * filter_dims->c;
    int8_t *const seen = (int8_t *)((uint32_t *)ctx->buf + (depth + 3) / 4 * 2 * EDGEPLUG_COLUMNS);
    for (int32_t index = 0; index < input_dims->n * groups; index++) {
        const int32_t batch = index / groups, group = index % groups, first = group * channels;
        const int8_t *image_data = input_data + batch * input_dims->h * input_dims->w * input_dims->c;
        edgeplug_filters filters = {filter_data + first * depth, bias_data != NULL ? bias_data + first : NULL,
                                    quant_params->multiplier + first, quant_params->shift + first, channels, output_dims->c,
                                    depth, conv_params->output_offset, conv_params->activation, false};
        filters.suit_pairs = edgeplug_suit_pairs(&filters);
        const image source = {image_data + group * filter_dims->c, input_dims, filter_dims, conv_params, seen,
                              conv_params->dilation.w == 1 && groups == 1};
        convolve_image(ctx->buf, &source, &filters, output_dims,
                       output_data + batch * output_dims->h * output_dims->w * output_dims->c + first);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
