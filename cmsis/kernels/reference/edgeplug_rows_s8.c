#include "edgeplug_kernels.h"

#include "packed.h"

void edgeplug_rows_s8(const edgeplug_rows *layer, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t weight_words = PACKED_BIAS_WORDS + layer->groups * PACKED_GROUP_WORDS, quad_words = weight_words + 8;
    for (int32_t row = 0; row < layer->rows; row++, input += layer->depth << layer->is_alternate) {
        for (int32_t unit = 0; unit < layer->units; unit++) {
            const uint32_t *quad = layer->quads + unit / 4 * quad_words;
            const int32_t *factor = (const int32_t *)quad + weight_words + unit % 4 * 2;
            int32_t sum = packed_bias(quad, unit % 4);
            for (int32_t i = 0; i < layer->depth; i++) {
                sum += input[i << layer->is_alternate] * packed_weight(quad, unit % 4, packed_index(i, layer->is_alternate));
            }
            *output++ = clamp_s8(rescale_fixed(sum, factor, layer->shift), layer->low, layer->high);
        }
    }
}
