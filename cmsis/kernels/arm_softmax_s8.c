#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/fixed_point_exp.h"

#define SUM_BITS 12 /* the sum of exponentials is Q12.19 */

void arm_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size, const int32_t mult,
                    const int32_t shift, const int32_t diff_min, int8_t *output)
{
    for (int32_t row = 0; row < num_rows; row++, input += row_size, output += row_size) {
        int32_t largest = INT8_MIN;
        for (int32_t i = 0; i < row_size; i++) {
            largest = input[i] > largest ? input[i] : largest;
        }
        /* Without room for 32-bit exponentials the second loop computes them again. */
        int32_t sum = 0;
        for (int32_t i = 0; i < row_size; i++) {
            const int32_t difference = input[i] - largest;
            if (difference >= diff_min) {
                sum += divide_positive(exp_q31(multiply_q31(difference * (1 << shift), mult)), SUM_BITS);
            }
        }
        const int32_t headroom = __builtin_clz((uint32_t)sum);
        const int32_t scale = reciprocal_q31((int32_t)(((uint32_t)sum << headroom) - (1u << 31)));
        const int32_t exponent = SUM_BITS - headroom + 31 - 8;
        for (int32_t i = 0; i < row_size; i++) {
            const int32_t difference = input[i] - largest;
            int32_t result = INT8_MIN;
            if (difference >= diff_min) {
                const int32_t exponential = exp_q31(multiply_q31(difference * (1 << shift), mult));
                result += divide_positive(multiply_q31(exponential, scale), exponent);
            }
            output[i] = (int8_t)(result > INT8_MAX ? INT8_MAX : result);
        }
    }
}
