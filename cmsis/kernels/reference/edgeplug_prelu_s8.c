#include "edgeplug_nn.h"

#include "requantize.h"

void edgeplug_prelu_s8(const int8_t *input, const int8_t *alpha, const edgeplug_prelu *prelu, int32_t count, int8_t *output)
{
    for (int32_t i = 0; i < count; i++) {
        int32_t x = input[i] + prelu->input_offset;
        if (x >= 0) {
            x = requantize_twice(x, prelu->positive_multiplier, prelu->positive_shift);
        } else {
            x = requantize_twice(x * (alpha[i] + prelu->alpha_offset), prelu->negative_multiplier, prelu->negative_shift);
        }
        output[i] = clamp_s8(x + prelu->output_offset, INT8_MIN, INT8_MAX);
    }
}
