#include "edgeplug_nn.h"

static int32_t first_largest(const int8_t *values, int32_t extent, int32_t step)
{
    int32_t largest = 0;
    for (int32_t i = 1; i < extent; i++) {
        if (values[i * step] > values[largest * step]) {
            largest = i;
        }
    }
    return largest;
}

void edgeplug_arg_max_s8(const int8_t *input, int32_t outer, int32_t extent, int32_t inner, int32_t item_bytes, void *output)
{
    for (int32_t i = 0; i < outer * inner; i++) {
        const int32_t index = first_largest(input + i / inner * extent * inner + i % inner, extent, inner);
        if (item_bytes == (int32_t)sizeof(int64_t)) {
            ((int64_t *)output)[i] = index;
        } else {
            ((int32_t *)output)[i] = index;
        }
    }
}
