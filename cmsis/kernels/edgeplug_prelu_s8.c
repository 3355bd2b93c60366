#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/requantize.h"

void edgeplug_prelu_s8(const int8_t *input, const int8_t *alpha, const edgeplug_prelu *prelu, int32_t count, int8_t *output)
{
    const edgeplug_prelu factors = *prelu; /* a copy: `output` could alias the caller's */
    for (int32_t i = 0; i < count; i++) {
        int32_t x = input[i] + factors.input_offset;
        if (x >= 0) {
            x = requantize_twice(x, factors.positive_multiplier, factors.positive_shift);
        } else {
            x = requantize_twice(x * (alpha[i] + factors.alpha_offset), factors.negative_multiplier, factors.negative_shift);
        }
        output[i] = (int8_t)saturate_s8(x + factors.output_offset);
    }
}
