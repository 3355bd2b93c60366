/* Keeps every public kernel in a program whose functions Python calls one by one. */
#include "arm_nnfunctions.h"
#include "edgeplug_kernels.h"
#include "edgeplug_nn.h"

typedef void function(void);

function *const functions[] __attribute__((used, section(".rodata.functions"))) = {
    (function *)arm_avgpool_s8,
    (function *)arm_avgpool_s8_get_buffer_size,
    (function *)arm_batch_matmul_s8,
    (function *)arm_convolve_1_x_n_s8,
    (function *)arm_convolve_1_x_n_s8_get_buffer_size,
    (function *)arm_convolve_s16,
    (function *)arm_convolve_s16_get_buffer_size,
    (function *)arm_convolve_s8,
    (function *)arm_convolve_s8_get_buffer_size,
    (function *)arm_depthwise_conv_s8,
    (function *)arm_elementwise_add_s8,
    (function *)arm_elementwise_mul_s8,
    (function *)arm_fully_connected_per_channel_s8,
    (function *)arm_fully_connected_s16,
    (function *)arm_fully_connected_s16_get_buffer_size,
    (function *)arm_fully_connected_s8,
    (function *)arm_fully_connected_s8_get_buffer_size,
    (function *)arm_max_pool_s8,
    (function *)arm_maximum_s8,
    (function *)arm_minimum_s8,
    (function *)arm_softmax_s8,
    (function *)edgeplug_convolve_s8,
    (function *)edgeplug_depthwise_apart_s8,
    (function *)edgeplug_depthwise_multiplied_apart_s8,
    (function *)edgeplug_depthwise_multiplied_s8,
    (function *)edgeplug_depthwise_s8,
    (function *)edgeplug_depthwise_small_s8,
    (function *)edgeplug_convolve_small_s8,
    (function *)edgeplug_fully_connected_s8,
    (function *)edgeplug_fully_connected_small_s8,
    (function *)arm_svdf_state_s16_s8,
    (function *)arm_transpose_conv_s8,
    (function *)arm_transpose_conv_s8_get_buffer_size,
    (function *)edgeplug_batch_matmul_s8,
    (function *)edgeplug_fully_connected_s16,
    (function *)edgeplug_clamp_s8,
    (function *)edgeplug_lookup_s8,
    (function *)edgeplug_mean_s8,
    (function *)edgeplug_prelu_s8,
    (function *)edgeplug_weighted_sum_s8,
};
