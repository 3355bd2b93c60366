#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/fixed_point_exp.h"

#define SUM_BITS 12 /* the sum of exponentials is Q12.19 */
#define KEPT 16     /* exponentials kept on the stack; further ones are computed again: 64 bytes instead of a scratch */

/* exp of the distance to the largest value, Q0.31; 0 where it does not count. */
static __attribute__((noinline)) int32_t exponential(int32_t difference, int32_t mult, int32_t shift, int32_t diff_min)
{
    return difference < diff_min ? 0 : exp_q31(multiply_q31(difference * (1 << shift), mult));
}

void arm_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size, const int32_t mult,
                    const int32_t shift, const int32_t diff_min, int8_t *output)
{
    int32_t kept[KEPT];
    for (int32_t row = 0; row < num_rows; row++, input += row_size, output += row_size) {
        int32_t largest = INT8_MIN, sum = 0;
        for (int32_t i = 0; i < row_size; i++) {
            largest = input[i] > largest ? input[i] : largest;
        }
        /* From the last to the first, so that the first ones stay. */
        for (int32_t i = row_size - 1; i >= 0; i--) {
            const int32_t share = exponential(input[i] - largest, mult, shift, diff_min);
            kept[i % KEPT] = share;
            sum += divide_positive(share, SUM_BITS);
        }
        const int32_t headroom = __builtin_clz((uint32_t)sum);
        const int32_t scale = reciprocal_q31((uint32_t)sum << headroom);
        const int32_t exponent = SUM_BITS - headroom + 31 - 8;
        for (int32_t i = 0; i < row_size; i++) {
            const int32_t share = i < KEPT ? kept[i] : exponential(input[i] - largest, mult, shift, diff_min);
            output[i] = (int8_t)saturate_s8(divide_positive(multiply_q31(share, scale), exponent) + INT8_MIN);
        }
    }
}
