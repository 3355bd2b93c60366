#include "edgeplug_kernels.h"

#include "requantize.h"

#define WORDS_OF_BIAS 4
#define WORDS_OF_GROUP 4

/* Weight of `unit` (0 to 3 of its quad) at `index`. */
static int32_t weight(const uint32_t *quad, int32_t unit, int32_t index)
{
    const uint32_t *words = quad + WORDS_OF_BIAS + index / 4 * WORDS_OF_GROUP + index % 2 * 2;
    const int16_t lane = (int16_t)(words[unit / 2] >> (index % 4 / 2 * 16));
    const int8_t low = (int8_t)lane;
    return unit % 2 == 0 ? low : (lane - low) / 256;
}

/* The raw sum of a pair starts with 256 times the second bias plus the first one. */
static int32_t bias(const uint32_t *quad, int32_t unit)
{
    const uint32_t first = quad[unit / 2 * 2], both = quad[unit / 2 * 2 + 1];
    return unit % 2 == 0 ? (int32_t)first : (int32_t)(both - first) / 256;
}

void edgeplug_fully_connected_s8(const edgeplug_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t quad_words = WORDS_OF_BIAS + layer->groups * WORDS_OF_GROUP;
    for (int32_t row = 0; row < layer->rows; row++, input += layer->depth) {
        for (int32_t unit = 0; unit < layer->units; unit++) {
            const uint32_t *quad = layer->weights + unit / 4 * quad_words;
            const int32_t *factor = layer->factors + unit / 2 * (layer->factor_step / 4) + unit % 2 * 2;
            int32_t sum = bias(quad, unit % 4);
            for (int32_t i = 0; i < layer->depth; i++) {
                sum += input[i] * weight(quad, unit % 4, i);
            }
            const int32_t scaled = requantize_once(sum, factor[0], -1 - factor[1]);
            *output++ = clamp_s8(scaled + (layer->offset - 1) / 2, layer->low, layer->high);
        }
    }
}
