/* The int8 kernels, by CMSIS-NN's public signatures, so that either library links with generated code.
 *
 * Common to all:
 * - Activations are int8 (int16 where the name ends in _s16), NHWC, batch first, of any alignment that their type allows
 *   (aligned words load faster). Weights and biases likewise.
 * - Inputs, weights, output and scratch must not overlap.
 * - Results equal TFLite's reference kernels bit for bit; ../ROUNDING.md states each operator's arithmetic.
 * - Accumulators: bias + sum of (input + input_offset) * weight, times 2^shift where shift > 0, must stay within
 *   (-2^30, 2^30). The compiler checks that for its networks.
 * - `bias_data` may be NULL, which means zeros; `bias_dims` is not read.
 */
#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H

#include "arm_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Convolution: input [n, h, w, c], filters [output c, h, w, input c / groups], output [n, h, w, c]; the filters of a group
 * read the input channels of that group, and their outputs lie together.
 * Scratch: arm_convolve_s8_get_buffer_size() bytes. `upscale_dims` must be NULL. Dilation is supported.
 * Returns ARG_ERROR without scratch or where the channels don't divide into groups, NO_IMPL_ERROR for upscaling.
 */
arm_cmsis_nn_status arm_convolve_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                    const cmsis_nn_per_channel_quant_params *quant_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                    const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                    const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                    const cmsis_nn_dims *upscale_dims, const cmsis_nn_dims *output_dims,
                                    int8_t *output_data);

/* Returns the bytes of five columns of filter h * w * c values padded to four: four widened to int16, one as it is. */
int32_t arm_convolve_s8_get_buffer_size(const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims);

/* Convolution along a row: as arm_convolve_s8 for input h = filter h = 1, one group, dilation 1 and stride w * input c a
 * multiple of 4.
 * Returns ARG_ERROR where that does not hold.
 */
arm_cmsis_nn_status arm_convolve_1_x_n_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data);

/* Returns the scratch of arm_convolve_1_x_n_s8, in bytes. */
int32_t arm_convolve_1_x_n_s8_get_buffer_size(const cmsis_nn_conv_params *conv_params, const cmsis_nn_dims *input_dims,
                                              const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims);

/* Depthwise convolution: input [1, h, w, c], filters [1, h, w, c * ch_mult], output [1, h, w, c * ch_mult]; output channel
 * i * ch_mult + j reads input channel i. No scratch. Returns ARG_ERROR where the channels don't fit.
 */
arm_cmsis_nn_status arm_depthwise_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data);

/* arm_convolve_s8 and arm_depthwise_conv_s8 by whichever function a library has for the case; here, these two. */
arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                            const cmsis_nn_per_channel_quant_params *quant_params,
                                            const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                            const cmsis_nn_dims *output_dims, int8_t *output_data);

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                                                  const cmsis_nn_per_channel_quant_params *quant_params,
                                                  const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                                  const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                                  const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                                  const cmsis_nn_dims *output_dims, int8_t *output_data);

/* Transposed convolution: input [n, h, w, c], filters [output c, h, w, input c], output [n, h, w, c]. Input pixel (y, x) adds
 * to output pixels (y * stride.h - padding.h + tap, x * stride.w - padding.w + tap).
 * Scratch: arm_transpose_conv_s8_get_buffer_size() bytes in `ctx`; `output_ctx` and `padding_offsets` are not read.
 * Returns ARG_ERROR without scratch, NO_IMPL_ERROR for dilation.
 */
arm_cmsis_nn_status arm_transpose_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_transpose_conv_params *transpose_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data);

/* Returns the bytes of the input pixels that four output pixels depend on, widened to int16 and padded to four values. */
int32_t arm_transpose_conv_s8_get_buffer_size(const cmsis_nn_transpose_conv_params *transpose_conv_params,
                                              const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
                                              const cmsis_nn_dims *out_dims);

/* Fully connected: input [input n rows, filter n values], filters [output c, filter n], output [input n, output c].
 * One multiplier for all. Scratch: arm_fully_connected_s8_get_buffer_size() bytes. Returns ARG_ERROR without scratch,
 * NO_IMPL_ERROR unless filter_offset is 0.
 */
arm_cmsis_nn_status arm_fully_connected_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                           const cmsis_nn_per_tensor_quant_params *quant_params,
                                           const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                           const cmsis_nn_dims *output_dims, int8_t *output_data);

/* As arm_fully_connected_s8, with one multiplier per output channel. */
arm_cmsis_nn_status arm_fully_connected_per_channel_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                                       const cmsis_nn_per_channel_quant_params *quant_params,
                                                       const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                                       const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                                       const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                                       const cmsis_nn_dims *output_dims, int8_t *output_data);

/* Returns the scratch of the fully connected kernels: the bytes of one input, widened to int16 and padded to four. */
int32_t arm_fully_connected_s8_get_buffer_size(const cmsis_nn_dims *filter_dims);

/* Convolution on int16 with zero points 0, int8 filters and int64 biases (data NULL: zeros); shapes as in arm_convolve_s8.
 * |bias + sum| < 2^47, times the factor < 2^31; shifts up to 7. Scratch: arm_convolve_s16_get_buffer_size() bytes.
 * Returns ARG_ERROR without scratch or where the channels don't divide into groups, NO_IMPL_ERROR for int32 biases.
 */
arm_cmsis_nn_status arm_convolve_s16(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                     const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
                                     const int16_t *input_data, const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                     const cmsis_nn_dims *bias_dims, const cmsis_nn_bias_data *bias_data,
                                     const cmsis_nn_dims *output_dims, int16_t *output_data);

/* Returns the bytes of one column of filter h * w * c values of int16. */
int32_t arm_convolve_s16_get_buffer_size(const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims);

/* Fully connected on int16 with zero points 0 and int64 biases; shapes as in arm_fully_connected_s8. No scratch. Shifts up to
 * 30. Rounded once, halves up; sums saturate to 32 bits. Returns NO_IMPL_ERROR unless filter_offset is 0.
 */
arm_cmsis_nn_status arm_fully_connected_s16(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                            const cmsis_nn_per_tensor_quant_params *quant_params,
                                            const cmsis_nn_dims *input_dims, const int16_t *input_data,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                            const cmsis_nn_dims *bias_dims, const int64_t *bias_data,
                                            const cmsis_nn_dims *output_dims, int16_t *output_data);

/* Returns the scratch of arm_fully_connected_s16, in bytes: none. */
int32_t arm_fully_connected_s16_get_buffer_size(const cmsis_nn_dims *filter_dims);

/* Matrix products: left [n, h, w rows, c], right transposed [n, h, w columns, c], output [n, h, w rows, c columns], batch by
 * batch; a batch extent of 1 serves all batches of the other side. `adj_x` and `adj_y` are not read.
 * Scratch: the bytes of a row of the left matrix, as int16, padded to four values. Returns ARG_ERROR without scratch or where
 * the extents don't fit.
 */
arm_cmsis_nn_status arm_batch_matmul_s8(const cmsis_nn_context *ctx, const cmsis_nn_bmm_params *bmm_params,
                                        const cmsis_nn_per_tensor_quant_params *quant_params,
                                        const cmsis_nn_dims *input_lhs_dims, const int8_t *input_lhs,
                                        const cmsis_nn_dims *input_rhs_dims, const int8_t *input_rhs,
                                        const cmsis_nn_dims *output_dims, int8_t *output);

/* LSTM over a sequence: input [steps, inputs], output [steps, cells]. Cell and hidden state are read, and left as the last step
 * leaves them. Per step and cell: gates in Q3.12 (input's and hidden state's products each rescaled and saturated to int16),
 * their logistic or tanh in Q0.15, the cell state by rounded shifts, then clipped, and its tanh times the output gate, rescaled.
 * The factors to the cell state are not read: they are powers of two. No scratch. Returns ARG_ERROR without states, or for
 * several batches.
 */
arm_cmsis_nn_status arm_lstm_unidirectional_s8(const int8_t *input, int8_t *output, const cmsis_nn_lstm_params *params,
                                               cmsis_nn_lstm_context *buffers);

/* One step of an SVDF layer: input [1, h values], state [1, n filters * h memory], feature weights [n filters, h values], time
 * weights [n filters, h memory] of int16, `bias_data` [filters / rank] or NULL, output [1, filters / rank]. Each filter's row
 * of the state loses its first value and gets the product of the input last, by `input_quant_params`; a unit is the sum over
 * the rows of `rank` filters times the time weights, by `output_quant_params`. Sums wrap to 32 bits, as TFLite's do. No
 * scratch: neither context is read. Returns ARG_ERROR for several batches, or filters that are no multiple of `rank`.
 */
arm_cmsis_nn_status arm_svdf_state_s16_s8(const cmsis_nn_context *input_ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_svdf_params *svdf_params,
                                          const cmsis_nn_per_tensor_quant_params *input_quant_params,
                                          const cmsis_nn_per_tensor_quant_params *output_quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *state_dims, int16_t *state_data,
                                          const cmsis_nn_dims *weights_feature_dims, const int8_t *weights_feature_data,
                                          const cmsis_nn_dims *weights_time_dims, const int16_t *weights_time_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data);

/* Largest value of each window; padding never wins. No scratch. Returns ARG_ERROR for a window outside the input. */
arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                    int8_t *output_data);

/* Mean over the part of each window inside the input, halves away from zero. Scratch: none; Arm's library wants
 * arm_avgpool_s8_get_buffer_size() bytes. Returns ARG_ERROR for a window outside the input.
 */
arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                   int8_t *output_data);

/* Returns the bytes of a 32-bit sum per channel. */
int32_t arm_avgpool_s8_get_buffer_size(const int output_x, const int ch_src);

/* Softmax of `num_rows` rows of `row_size` values, in [1, 511]; output scale 1/256, zero point -128.
 * `mult`, `shift` in [0, 30] scale differences to Q5.26; differences below `diff_min` count as zero.
 */
void arm_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size, const int32_t mult,
                    const int32_t shift, const int32_t diff_min, int8_t *output);

/* Sum of `block_size` pairs: output = clamp(requantize(a + b, out_mult, out_shift) + out_offset), where a and b are
 * requantize((input + offset) * 2^left_shift, mult, shift), each rounded twice. Multipliers may be negative (a difference).
 * |(input + offset) * 2^left_shift| and |a + b| < 2^30, shifts at most 0. `output` may be either input.
 */
arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
                                           const int32_t input_1_offset, const int32_t input_1_mult,
                                           const int32_t input_1_shift, const int32_t input_2_offset,
                                           const int32_t input_2_mult, const int32_t input_2_shift,
                                           const int32_t left_shift, int8_t *output, const int32_t out_offset,
                                           const int32_t out_mult, const int32_t out_shift,
                                           const int32_t out_activation_min, const int32_t out_activation_max,
                                           const int32_t block_size);

/* Product of `block_size` pairs: output = clamp(requantize((a + offset) * (b + offset), out_mult, out_shift) + out_offset),
 * rounded twice. |product * 2^max(out_shift, 0)| < 2^30. `output` may be either input.
 */
arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
                                           const int32_t input_1_offset, const int32_t input_2_offset, int8_t *output,
                                           const int32_t out_offset, const int32_t out_mult, const int32_t out_shift,
                                           const int32_t out_activation_min, const int32_t out_activation_max,
                                           const int32_t block_size);

/* The larger of each pair. `output_data` may be either input.
 * Returns NO_IMPL_ERROR unless all three shapes are equal: the compiler writes the loops of a broadcast itself.
 */
arm_cmsis_nn_status arm_maximum_s8(const cmsis_nn_context *ctx, const int8_t *input_1_data,
                                   const cmsis_nn_dims *input_1_dims, const int8_t *input_2_data,
                                   const cmsis_nn_dims *input_2_dims, int8_t *output_data,
                                   const cmsis_nn_dims *output_dims);

/* The smaller of each pair; else as arm_maximum_s8. */
arm_cmsis_nn_status arm_minimum_s8(const cmsis_nn_context *ctx, const int8_t *input_1_data,
                                   const cmsis_nn_dims *input_1_dims, const int8_t *input_2_data,
                                   const cmsis_nn_dims *input_2_dims, int8_t *output_data,
                                   const cmsis_nn_dims *output_dims);

#ifdef __cplusplus
}
#endif

#endif
