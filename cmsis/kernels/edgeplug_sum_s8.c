#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/sum_rows.h"

#define BEYOND 512.0f /* more than any output needs, before its offset */

/* sum * scale + bias to the nearest integer, halves away from zero; beyond the outputs' range only the sign counts. */
static int32_t scale_sum(int32_t sum, float scale, float bias)
{
    /* volatile: the product must be rounded before the addition, whatever the compiler would contract. */
    const volatile float product = (float)sum * scale;
    float real = product + bias;

    real = real < -BEYOND ? -BEYOND : real > BEYOND ? BEYOND : real;
    const int32_t whole = (int32_t)real;
    const float rest = real - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

void edgeplug_sum_s8(const int8_t *input, int32_t groups, int32_t rows, int32_t channels, float scale, float bias,
                     int32_t output_offset, int8_t *output)
{
    for (; groups > 0; groups--, input += (rows - 1) * channels) {
        for (int32_t left = channels, count; left > 0; left -= count, input += count) {
            int32_t sums[4] = {0, 0, 0, 0};
            count = sum_rows(sums, input, rows, channels, left);
            for (int32_t i = 0; i < count; i++) {
                *output++ = (int8_t)saturate_s8(scale_sum(sums[i], scale, bias) + output_offset);
            }
        }
    }
}
