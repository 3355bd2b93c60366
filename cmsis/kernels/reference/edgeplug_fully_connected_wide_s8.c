#include "edgeplug_nn.h"

void edgeplug_fully_connected_wide_s8(const edgeplug_wide_units *units, const int8_t *input, int8_t *output)
{
    for (int32_t index = 0; index < units->rows * units->count; index++) {
        const int32_t row = index / units->count, unit = index % units->count;
        const edgeplug_factor factor = units->factors[unit];
        int64_t sum = units->biases[unit];
        for (int32_t i = 0; i < units->depth; i++) {
            sum += input[row * units->depth + i] * units->weights[unit * units->depth + i];
        }
        /* The product with the low word rounds down, which halves cannot notice. */
        const int64_t product = sum * factor.high + (sum * factor.low >> 32);
        int64_t scaled = ((product + ((int64_t)1 << (factor.shift - 1))) >> factor.shift) + units->offset;
        scaled = scaled < units->low ? units->low : scaled;
        output[row * units->channels + units->places[unit]] = (int8_t)(scaled > units->high ? units->high : scaled);
    }
}
