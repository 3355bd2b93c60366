#include "edgeplug_nn.h"

#include <string.h>

void edgeplug_arg_max_s8(const int8_t *input, int32_t outer, int32_t extent, int32_t inner, int32_t item_bytes, void *output)
{
    int8_t *target = output;
    for (int32_t o = 0; o < outer; o++) {
        for (int32_t i = 0; i < inner; i++, target += item_bytes) {
            int64_t index = 0;
            for (int64_t e = extent - 1; e >= 0; e--) {
                const int8_t *block = input + o * extent * inner + i;
                index = block[e * inner] >= block[index * inner] ? e : index;
            }
            const int32_t narrow = (int32_t)index;
            memcpy(target, item_bytes == 8 ? (const void *)&index : (const void *)&narrow, (size_t)item_bytes);
        }
    }
}
