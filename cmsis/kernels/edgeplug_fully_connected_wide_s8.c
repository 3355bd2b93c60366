#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/requantize.h"

/* The sum times a factor of 63 bits, rounded halves up, clamped in 64 bits: shifts of less than 32 leave more than an int32. */
static int8_t scale(int32_t sum, const edgeplug_factor *factor, const edgeplug_wide_units *units)
{
    const int64_t product = (int64_t)sum * factor->high + ((int64_t)sum * factor->low >> 32);
    const int64_t scaled = ((product + ((int64_t)1 << (factor->shift - 1))) >> factor->shift) + units->offset;
    return (int8_t)(scaled < units->low ? units->low : scaled > units->high ? units->high : scaled);
}

void edgeplug_fully_connected_wide_s8(const edgeplug_wide_units *units, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < units->rows; row++, input += units->depth, output += units->channels) {
        const int8_t *weights = units->weights;
        for (int32_t index = 0; index < units->count; index++) {
            int32_t sum = units->biases[index], left = units->depth;
            const int8_t *values = input;
            for (; left >= 4; left -= 4, values += 4, weights += 4) {
                const uint32_t four = load_4(values), factors = load_4(weights);
                sum = multiply_lanes(widen_even(four), widen_even(factors), sum);
                sum = multiply_lanes(widen_odd(four), widen_odd(factors), sum);
            }
            for (; left > 0; left--) {
                sum += *values++ * *weights++;
            }
            output[units->places[index]] = scale(sum, &units->factors[index], units);
        }
    }
}
