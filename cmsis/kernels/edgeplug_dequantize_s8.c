#include "edgeplug_nn.h"

void edgeplug_dequantize_s8(const int8_t *input, int32_t count, int32_t zero_point, float scale, float *output)
{
    for (int32_t i = 0; i < count; i++) {
        output[i] = (float)(input[i] - zero_point) * scale;
    }
}
