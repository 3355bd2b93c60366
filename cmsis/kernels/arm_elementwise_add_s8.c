#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/requantize.h"

/* Plain: the compiler takes edgeplug_weighted_sum_s8, which needs an eighth of the time, for nearly all scales. */
arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
                                           const int32_t input_1_offset, const int32_t input_1_mult,
                                           const int32_t input_1_shift, const int32_t input_2_offset,
                                           const int32_t input_2_mult, const int32_t input_2_shift,
                                           const int32_t left_shift, int8_t *output, const int32_t out_offset,
                                           const int32_t out_mult, const int32_t out_shift,
                                           const int32_t out_activation_min, const int32_t out_activation_max,
                                           const int32_t block_size)
{
    for (int32_t i = 0; i < block_size; i++) {
        const int32_t x = shift_left(input_1_vect[i] + input_1_offset, left_shift);
        const int32_t y = shift_left(input_2_vect[i] + input_2_offset, left_shift);
        const int32_t sum = requantize_twice(x, input_1_mult, input_1_shift) + requantize_twice(y, input_2_mult, input_2_shift);
        output[i] = clamp_s8(requantize_twice(sum, out_mult, out_shift) + out_offset, out_activation_min, out_activation_max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
