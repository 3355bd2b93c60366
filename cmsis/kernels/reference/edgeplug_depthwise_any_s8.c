#include "edgeplug_kernels.h"

#include "requantize.h"

/* Weight of a quad's `lane` (0 to 3) in row `y` and column `x`; the quad's weights start behind its biases. */
static int32_t weight(const edgeplug_depthwise_any *layer, const uint32_t *quad, int32_t lane, int32_t y, int32_t x)
{
    const uint32_t *words = quad + 4 + 2 * (y * layer->pairs + x / 2);
    return (int8_t)(words[lane / 2] >> (lane % 2 * 8 + x % 2 * 16));
}

/* Twice the sum of the window at (y, x) of the input, which may lie outside. */
static int32_t convolve_window(const edgeplug_depthwise_any *layer, const int8_t *input, const uint32_t *quad, int32_t lane,
                               int32_t y, int32_t x)
{
    int64_t sum = (int32_t)quad[lane];
    for (int32_t tap = 0; tap < layer->filter_height * layer->filter_width; tap++) {
        const int32_t tap_y = tap / layer->filter_width, tap_x = tap % layer->filter_width;
        const int32_t row = y + tap_y * layer->dilation_height, column = x + tap_x * layer->dilation_width;
        const int inside = row >= 0 && row < layer->height && column >= 0 && column < layer->width;
        const int32_t pixel = (row * layer->width + column) * (layer->channels / layer->multiplier);
        sum += 2 * (inside ? input[pixel] : layer->zero_point) * weight(layer, quad, lane, tap_y, tap_x);
    }
    return (int32_t)sum;
}

void edgeplug_depthwise_any_s8(const edgeplug_depthwise_any *layer, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t channels = layer->channels, width = layer->output_width, last = channels - 4;
    const int32_t quad_words = 4 + 2 * layer->pairs * layer->filter_height + 8;
    for (int32_t i = 0; i < layer->output_height * width * channels; i++) {
        const int32_t position = i / channels, channel = i % channels, start = channel / 4 * 4;
        const int32_t lane = channel - (start <= last ? start : last);
        const uint32_t *quad = layer->quads + channel / 4 * quad_words, *factor = quad + quad_words - 2 * (4 - lane);
        const int32_t y = position / width * layer->stride_height - layer->padding_height;
        const int32_t x = position % width * layer->stride_width - layer->padding_width;
        const int32_t sum = convolve_window(layer, input + channel / layer->multiplier, quad, lane, y, x);
        const int64_t high = (sum * (int64_t)(int32_t)factor[0] + ((int64_t)1 << 31)) >> 32;
        const int64_t shifted = (high - (sum < 0) + layer->offset * ((int64_t)1 << factor[1])) >> (factor[1] + 1);
        output[i] = clamp_s8((int32_t)shifted, layer->low, layer->high);
    }
}
