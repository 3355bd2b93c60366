#include "edgeplug_kernels.h"

#include "packed.h"

void edgeplug_fully_connected_s8(const edgeplug_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t quad_words = PACKED_BIAS_WORDS + layer->groups * PACKED_GROUP_WORDS;
    for (int32_t row = 0; row < layer->rows; row++, input += layer->depth) {
        for (int32_t unit = 0; unit < layer->units; unit++) {
            const uint32_t *quad = layer->weights + unit / 4 * quad_words;
            const int32_t *factor = layer->factors + unit / 2 * (layer->factor_step / 4) + unit % 2 * 2;
            int32_t sum = packed_bias(quad, unit % 4);
            for (int32_t i = 0; i < layer->depth; i++) {
                sum += input[i] * packed_weight(quad, unit % 4, i);
            }
            const int32_t scaled = requantize_once(sum, factor[0], -1 - factor[1]);
            *output++ = clamp_s8(scaled + (layer->offset - 1) / 2, layer->low, layer->high);
        }
    }
}
