#include "edgeplug_nn.h"

void edgeplug_lookup_s8(const int8_t *input, int32_t count, const int8_t *table, int8_t *output)
{
    for (int32_t i = 0; i < count; i++) {
        output[i] = table[(uint8_t)input[i]];
    }
}
