#include "edgeplug_nn.h"

#include "requantize.h"

void edgeplug_clamp_s8(const int8_t *input, int32_t count, int32_t low, int32_t high, int8_t *output)
{
    for (int32_t i = 0; i < count; i++) {
        output[i] = clamp_s8(input[i], low, high);
    }
}
