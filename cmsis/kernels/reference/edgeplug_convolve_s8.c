#include "edgeplug_kernels.h"

#include "packed.h"

/* Sum of one window times one filter. */
static int32_t convolve_window(const edgeplug_convolution *layer, const int8_t *input, const uint32_t *quad, int32_t filter,
                               int32_t out_y, int32_t out_x)
{
    int32_t sum = packed_bias(quad, filter), index = 0;
    for (int32_t tap_x = 0; tap_x < layer->filter_width; tap_x++) {
        for (int32_t tap_y = 0; tap_y < layer->filter_height; tap_y++) {
            const int32_t y = out_y * layer->stride_height - layer->padding_height + tap_y * layer->dilation_height;
            const int32_t x = out_x * layer->stride_width - layer->padding_width + tap_x;
            const int inside = y >= 0 && y < layer->height && x >= 0 && x < layer->width;
            for (int32_t channel = 0; channel < layer->channels; channel += 1 + layer->is_alternate, index++) {
                const int32_t value =
                    inside ? input[(y * layer->width + x) * layer->channels + channel] : layer->zero_point;
                sum += value * packed_weight(quad, filter, packed_index(index, layer->is_alternate));
            }
        }
    }
    return sum;
}

/* From a sum to an output before the clamp, by a factor of two or three words. */
static int32_t rescale(int32_t sum, const int32_t *factor, int32_t words)
{
    if (words == 2) {
        return rescale_fixed(sum, factor, 12);
    }
    const int64_t product = sum * (int64_t)factor[0];
    return (int32_t)(((product + (1 << 30)) >> 31) + factor[1] - (sum < 0)) >> (factor[2] + 1);
}

void edgeplug_convolve_s8(const edgeplug_convolution *layer, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t quad_words = PACKED_BIAS_WORDS + layer->groups * PACKED_GROUP_WORDS + 4 * layer->factor_words;
    for (int32_t position = 0; position < layer->output_height * layer->output_width; position++) {
        const int32_t y = position / layer->output_width, x = position % layer->output_width;
        for (int32_t filter = 0; filter < layer->filters; filter++) {
            const uint32_t *quad = layer->quads + filter / 4 * quad_words;
            const int32_t *factor = (const int32_t *)quad + quad_words - layer->factor_words * (4 - filter % 4);
            const int32_t sum = convolve_window(layer, input, quad, filter % 4, y, x);
            *output++ = clamp_s8(rescale(sum, factor, layer->factor_words), layer->low, layer->high);
        }
    }
}
