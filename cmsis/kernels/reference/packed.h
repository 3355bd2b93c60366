/* Reads the packed words of four filters (edgeplug_kernels.h) one weight at a time. */
#ifndef EDGEPLUG_REFERENCE_PACKED_H
#define EDGEPLUG_REFERENCE_PACKED_H

#include "requantize.h"

#define PACKED_BIAS_WORDS 4
#define PACKED_GROUP_WORDS 4

/* Weight of `filter` (0 to 3 of its quad) at `index`. */
static inline int32_t packed_weight(const uint32_t *quad, int32_t filter, int32_t index)
{
    const uint32_t *words = quad + PACKED_BIAS_WORDS + index / 4 * PACKED_GROUP_WORDS + index % 2 * 2;
    const int16_t lane = (int16_t)(words[filter / 2] >> (index % 4 / 2 * 16));
    const int8_t low = (int8_t)lane;
    return filter % 2 == 0 ? low : (lane - low) / 256;
}

/* Where the weight of value `index` lies: of an alternate layer by fours in the order 0, 2, 1, 3. */
static inline int32_t packed_index(int32_t index, int32_t is_alternate)
{
    const int32_t place = index % 4;
    return is_alternate && (place == 1 || place == 2) ? index + 3 - 2 * place : index;
}

/* From a sum to an output before the clamp, by a factor and an addend before a shift that all have. */
static inline int32_t rescale_fixed(int32_t sum, const int32_t *factor, int32_t shift)
{
    return (int32_t)((sum * (int64_t)factor[0] >> 24) + factor[1]) >> shift;
}

/* The raw sum of a pair starts with 256 times the second bias plus the first one. */
static inline int32_t packed_bias(const uint32_t *quad, int32_t filter)
{
    const uint32_t first = quad[filter / 2 * 2], both = quad[filter / 2 * 2 + 1];
    return filter % 2 == 0 ? (int32_t)first : (int32_t)(both - first) / 256;
}

#endif
