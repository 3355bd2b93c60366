#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/bytes.h"

arm_cmsis_nn_status arm_minimum_s8(const cmsis_nn_context *ctx, const int8_t *input_1_data,
                                   const cmsis_nn_dims *input_1_dims, const int8_t *input_2_data,
                                   const cmsis_nn_dims *input_2_dims, int8_t *output_data,
                                   const cmsis_nn_dims *output_dims)
{
    (void)ctx;
    const int32_t count = count_equal(input_1_dims, input_2_dims, output_dims);
    if (count < 0) {
        return ARM_CMSIS_NN_NO_IMPL_ERROR;
    }
    choose_all(input_1_data, input_2_data, count, output_data, min_bytes);
    return ARM_CMSIS_NN_SUCCESS;
}
