#include "arm_nnfunctions.h"

#include "fixed_point_exp.h"

/* exp of the distance of input i to the largest, Q0.31; 0 below `diff_min`. */
static int32_t exponential(int32_t difference, int32_t mult, int32_t shift, int32_t diff_min)
{
    return difference < diff_min ? 0 : exp_q31(high_multiply(difference * (1 << shift), mult));
}

void arm_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size, const int32_t mult,
                    const int32_t shift, const int32_t diff_min, int8_t *output)
{
    for (int32_t row = 0; row < num_rows; row++, input += row_size, output += row_size) {
        int32_t largest = INT8_MIN, sum = 0, headroom = 0; /* sum: Q12.19 */
        for (int32_t i = 0; i < row_size; i++) {
            largest = input[i] > largest ? input[i] : largest;
        }
        for (int32_t i = 0; i < row_size; i++) {
            sum += rounding_shift(exponential(input[i] - largest, mult, shift, diff_min), 12);
        }
        while (((uint32_t)sum << headroom & 0x80000000u) == 0) {
            headroom++;
        }
        const int32_t scale = reciprocal_q31((int32_t)(((uint32_t)sum << headroom) & 0x7FFFFFFF));
        for (int32_t i = 0; i < row_size; i++) {
            const int32_t share = high_multiply(exponential(input[i] - largest, mult, shift, diff_min), scale);
            output[i] = clamp_s8(rounding_shift(share, 12 - headroom + 31 - 8) + INT8_MIN, INT8_MIN, INT8_MAX);
        }
    }
}
