#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/bytes.h"
#include "cmsis/kernels/internal/requantize.h"

void edgeplug_clamp_s8(const int8_t *input, int32_t count, int32_t low, int32_t high, int8_t *output)
{
    const uint32_t lows = splat(low), highs = splat(high);
    for (; count >= 4; count -= 4, input += 4, output += 4) {
        const uint32_t word = min_bytes(max_bytes(load_4(input), lows), highs);
        memcpy(output, &word, sizeof word);
    }
    for (; count > 0; count--) {
        *output++ = clamp_s8(*input++, low, high);
    }
}
