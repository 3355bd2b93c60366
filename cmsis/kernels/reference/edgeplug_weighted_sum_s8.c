#include "edgeplug_kernels.h"

#include "requantize.h"

void edgeplug_weighted_sum_s8(const edgeplug_weighted_sum *layer, const int8_t *input_1, const int8_t *input_2, int8_t *output)
{
    for (int32_t i = 0; i < layer->count; i++) {
        const int64_t first = ((int64_t)input_1[i] * layer->factor_1) >> 8, second = ((int64_t)input_2[i] * layer->factor_2) >> 8;
        output[i] = clamp_s8((int32_t)((first + second + layer->bias) >> 20), layer->low, layer->high);
    }
}
