#include "edgeplug_nn.h"

#include "requantize.h"

/* The nearest integer, halves away from zero; 512 is beyond all outputs. */
static int32_t round_real(float real)
{
    const float size = real < 0 ? -real : real;
    int32_t whole = size < 512.0f ? (int32_t)size : 512;

    whole += size - (float)whole >= 0.5f && whole < 512;
    return real < 0 ? -whole : whole;
}

void edgeplug_sum_s8(const int8_t *input, int32_t groups, int32_t rows, int32_t channels, float scale, float bias,
                     int32_t output_offset, int8_t *output)
{
    for (int32_t group = 0; group < groups; group++, input += rows * channels) {
        for (int32_t channel = 0; channel < channels; channel++) {
            int32_t sum = 0;
            for (int32_t row = 0; row < rows; row++) {
                sum += input[row * channels + channel];
            }
            const volatile float product = (float)sum * scale; /* rounded before the addition */
            const float real = product + bias;
            *output++ = clamp_s8(round_real(real) + output_offset, INT8_MIN, INT8_MAX);
        }
    }
}
