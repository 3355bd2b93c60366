#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/requantize.h"

/* Output pixels whose coordinates leave the same remainders when divided by the strides depend on the input by the same taps:
 * for them the layer is an ordinary convolution with stride 1 and those taps, in reverse. So four of them in a row go together.
 */
typedef struct {
    const cmsis_nn_transpose_conv_params *params;
    const cmsis_nn_dims *input_dims, *filter_dims;
    const int8_t *image;
    const int8_t *filters;
    const int32_t *bias;
    const cmsis_nn_per_channel_quant_params *quant;
    int32_t channels; /* of the output */
    uint32_t *columns;
} layer;

/* Taps of one direction: `first`, then every stride-th, `count` of them. The first one reads input index `position`, each next
 * one the index before.
 */
typedef struct {
    int32_t first, count, position;
} taps;

static taps taps_of(int32_t output, int32_t padding, int32_t stride, int32_t size)
{
    const int32_t place = output + padding, first = place % stride;
    const taps found = {first, first < size ? (size - 1 - first) / stride + 1 : 0, place / stride};
    return found;
}

/* Widens what one output pixel depends on, tap after tap, each padded to whole groups of four values. */
static void widen_pixel(const layer *at, int32_t column, const taps *rows, const taps *columns)
{
    const int32_t depth = at->input_dims->c, group_words = (depth + 3) / 4 * 2 * EDGEPLUG_COLUMNS;
    uint32_t *words = at->columns;
    for (int32_t row = 0; row < rows->count; row++) {
        const int32_t y = rows->position - row;
        for (int32_t index = 0; index < columns->count; index++, words += group_words) {
            const int32_t x = columns->position - index;
            if (y >= 0 && y < at->input_dims->h && x >= 0 && x < at->input_dims->w) {
                const int8_t *pixel = at->image + (y * at->input_dims->w + x) * depth;
                edgeplug_widen(words, column, pixel, depth, at->params->input_offset);
            } else {
                for (int32_t word = column; word < group_words; word += EDGEPLUG_COLUMNS) {
                    words[word] = 0;
                }
            }
        }
    }
}

/* Adds the products of four weights, or of what is left of them, and four columns. */
#define MULTIPLY_GROUP(word)                                              \
    do {                                                                  \
        const uint32_t even = widen_even(word), odd = widen_odd(word);    \
        sum0 = multiply_lanes(even, values[0], sum0);                     \
        sum1 = multiply_lanes(even, values[1], sum1);                     \
        sum2 = multiply_lanes(even, values[2], sum2);                     \
        sum3 = multiply_lanes(even, values[3], sum3);                     \
        sum0 = multiply_lanes(odd, values[4], sum0);                      \
        sum1 = multiply_lanes(odd, values[5], sum1);                      \
        sum2 = multiply_lanes(odd, values[6], sum2);                      \
        sum3 = multiply_lanes(odd, values[7], sum3);                      \
        values += 2 * EDGEPLUG_COLUMNS;                                   \
    } while (0)

/* Adds the products of one tap's weights and four columns; returns where the next tap's values lie. Not inline: GCC would run
 * out of registers in the one loop that matters.
 */
static __attribute__((noinline)) const uint32_t *multiply_tap(int32_t sums[EDGEPLUG_COLUMNS], const int8_t *weights,
                                                              const uint32_t *values, int32_t count)
{
    int32_t sum0 = sums[0], sum1 = sums[1], sum2 = sums[2], sum3 = sums[3];
    for (const int8_t *end = weights + (count & ~3); weights < end; weights += 4) {
        MULTIPLY_GROUP(load_4(weights));
    }
    if ((count & 3) != 0) {
        MULTIPLY_GROUP(load_part(weights, count & 3));
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
    return values;
}

/* Computes `count` output pixels from the widened columns; their results lie `step` bytes apart. */
static void multiply_pixels(const layer *at, const taps *rows, const taps *columns, int32_t count, int8_t *output, int32_t step)
{
    const cmsis_nn_transpose_conv_params *params = at->params;
    const int32_t depth = at->input_dims->c, width = at->filter_dims->w, filter_bytes = at->filter_dims->h * width * depth;
    const int32_t zero_point = params->output_offset, low = params->activation.min, high = params->activation.max;
    const int8_t *filter = at->filters + (rows->first * width + columns->first) * depth;
    for (int32_t channel = 0; channel < at->channels; channel++, filter += filter_bytes) {
        const int32_t bias = at->bias != NULL ? at->bias[channel] : 0;
        int32_t sums[EDGEPLUG_COLUMNS] = {bias, bias, bias, bias};
        const uint32_t *values = at->columns;
        for (int32_t row = 0; row < rows->count; row++) {
            for (int32_t index = 0; index < columns->count; index++) {
                const int32_t tap = row * params->stride.h * width + index * params->stride.w;
                values = multiply_tap(sums, filter + tap * depth, values, depth);
            }
        }
        const int32_t multiplier = at->quant->multiplier[channel], shift = at->quant->shift[channel];
        int8_t *target = output + channel;
        for (int32_t pixel = 0; pixel < count; pixel++, target += step) {
            *target = clamp_s8(requantize_twice(sums[pixel], multiplier, shift) + zero_point, low, high);
        }
    }
}

/* Computes one row of the output; at its end fewer than four pixels may be left, and the last one fills their columns. */
static void convolve_row(const layer *at, const taps *rows, int32_t width, int8_t *output)
{
    const int32_t stride = at->params->stride.w;
    for (int32_t phase = 0; phase < stride && phase < width; phase++) {
        for (int32_t x = phase, count; x < width; x += count * stride) {
            const int32_t left = (width - 1 - x) / stride + 1;
            const taps columns = taps_of(x, at->params->padding.w, stride, at->filter_dims->w);
            taps seen = columns;
            count = left < EDGEPLUG_COLUMNS ? left : EDGEPLUG_COLUMNS;
            for (int32_t column = 0; column < EDGEPLUG_COLUMNS; column++) {
                widen_pixel(at, column, rows, &seen);
                seen.position += column + 1 < count ? 1 : 0;
            }
            multiply_pixels(at, rows, &columns, count, output + x * at->channels, stride * at->channels);
        }
    }
}

int32_t arm_transpose_conv_s8_get_buffer_size(const cmsis_nn_transpose_conv_params *transpose_conv_params,
                                              const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
                                              const cmsis_nn_dims *out_dims)
{
    (void)out_dims;
    const cmsis_nn_tile stride = transpose_conv_params->stride;
    const int32_t rows = (filter_dims->h + stride.h - 1) / stride.h, columns = (filter_dims->w + stride.w - 1) / stride.w;
    return rows * columns * EDGEPLUG_COLUMNS * (int32_t)sizeof(int16_t) * ((input_dims->c + 3) & ~3);
}

arm_cmsis_nn_status arm_transpose_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_transpose_conv_params *transpose_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)output_ctx;
    (void)bias_dims;
    const cmsis_nn_transpose_conv_params *params = transpose_conv_params;
    if (ctx->buf == NULL) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (params->dilation.h != 1 || params->dilation.w != 1) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    layer at = {params, input_dims, filter_dims, input_data, filter_data, bias_data, quant_params, output_dims->c, ctx->buf};
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const taps rows = taps_of(y, params->padding.h, params->stride.h, filter_dims->h);
            convolve_row(&at, &rows, output_dims->w, output_data);
            output_data += output_dims->w * output_dims->c;
        }
        at.image += input_dims->h * input_dims->w * input_dims->c;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
