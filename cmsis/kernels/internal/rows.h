/* Matrix times vector, behind both fully connected kernels. */
#ifndef EDGEPLUG_ROWS_H
#define EDGEPLUG_ROWS_H

#include "arm_nn_types.h"

/* Returns the bytes of one input, widened to int16 and padded to four values. */
int32_t edgeplug_fully_connected_buffer_size(int32_t depth);

/* `quant_step` is 1 where each channel has its multiplier and shift, 0 where all share the first.
 * Other arguments as for arm_fully_connected_per_channel_s8.
 */
arm_cmsis_nn_status edgeplug_multiply_rows_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params,
                                                const cmsis_nn_per_channel_quant_params *quant, int32_t quant_step,
                                                int32_t rows, int32_t depth, int32_t channels, const int8_t *input,
                                                const int8_t *filters, const int32_t *bias, int8_t *output);

#endif
