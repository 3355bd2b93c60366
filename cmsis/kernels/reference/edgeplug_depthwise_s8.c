#include "edgeplug_kernels.h"

#include "requantize.h"

#define CHANNEL_WORDS 6

/* Weight of a channel's record in row `y` and column `x` of its three by three. */
static int32_t weight(const uint32_t *record, int32_t y, int32_t x)
{
    static const int32_t shifts[3] = {0, 8, 24};
    return (int8_t)(record[3 - x] >> shifts[y]);
}

/* Scaled sum of the window at (y, x) of the input, which may lie outside. */
static int32_t convolve_window(const edgeplug_depthwise *layer, const int8_t *input, const uint32_t *record, int32_t y,
                               int32_t x)
{
    const int32_t scale = (int32_t)(record[5] >> 16);
    int64_t sum = (int32_t)record[0];
    for (int32_t tap = 0; tap < 9; tap++) {
        const int32_t row = y + tap / 3, column = x + tap % 3;
        const int inside = row >= 0 && row < layer->height && column >= 0 && column < layer->width;
        const int32_t pixel = (row * layer->width + column) * (layer->channels / layer->multiplier);
        const int32_t value = inside ? input[pixel] : layer->zero_point;
        sum += value * weight(record, tap / 3, tap % 3) * scale;
    }
    return (int32_t)sum;
}

/* The output of a scaled sum before it is clamped. */
static int32_t rescale(const edgeplug_depthwise *layer, const uint32_t *record, int32_t sum)
{
    const int32_t scale = (int32_t)(record[5] >> 16), shift = (int32_t)(record[5] & 0xFFFF);
    const int64_t product = sum * (int64_t)(int32_t)record[4], rounded = (product + ((int64_t)1 << 31)) >> 32;
    const int64_t high = layer->is_general ? rounded - (sum < 0) : (product >> 32) + scale / 4;
    return (int32_t)((high + layer->offset * ((int64_t)1 << (shift - 1))) >> shift);
}

void edgeplug_depthwise_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t channels = layer->channels, width = layer->output_width, stride = layer->stride;
    for (int32_t i = 0; i < layer->output_height * width * channels; i++) {
        const int32_t position = i / channels, channel = i % channels, last = channels - 4;
        const int32_t number = channel / 4 * 4 <= last ? channel : (channel / 4 * 4) + channel - last;
        const uint32_t *record = layer->quads + number * CHANNEL_WORDS;
        const int32_t y = position / width * stride - layer->padding_height;
        const int32_t x = position % width * stride - layer->padding_width;
        const int32_t sum = convolve_window(layer, input + channel / layer->multiplier, record, y, x);
        output[i] = clamp_s8(rescale(layer, record, sum), layer->low, layer->high);
    }
}
