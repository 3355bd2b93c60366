#include "arm_nnfunctions.h"

arm_cmsis_nn_status arm_minimum_s8(const cmsis_nn_context *ctx, const int8_t *input_1_data,
                                   const cmsis_nn_dims *input_1_dims, const int8_t *input_2_data,
                                   const cmsis_nn_dims *input_2_dims, int8_t *output_data,
                                   const cmsis_nn_dims *output_dims)
{
    (void)ctx;
    const int32_t count = output_dims->n * output_dims->h * output_dims->w * output_dims->c;
    const cmsis_nn_dims *const inputs[2] = {input_1_dims, input_2_dims};
    for (int32_t i = 0; i < 2; i++) {
        if (inputs[i]->n != output_dims->n || inputs[i]->h != output_dims->h || inputs[i]->w != output_dims->w ||
            inputs[i]->c != output_dims->c) {
            return ARM_CMSIS_NN_NO_IMPL_ERROR;
        }
    }
    for (int32_t i = 0; i < count; i++) {
        output_data[i] = input_1_data[i] < input_2_data[i] ? input_1_data[i] : input_2_data[i];
    }
    return ARM_CMSIS_NN_SUCCESS;
}
