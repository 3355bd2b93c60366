/* Operators that CMSIS-NN's public API lacks. Linked beside whichever library provides arm_nnfunctions.h. */
#ifndef EDGEPLUG_NN_H
#define EDGEPLUG_NN_H

#include "arm_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Mean over the rows of input [groups, rows, channels] into output [groups, channels], rescaled: TFLite's MEAN.
 * output = clamp(requantize(sum of (input + input_offset), multiplier, shift) + output_offset), rounded twice as in
 * ../ROUNDING.md; `multiplier` contains 1 / rows. |rows * 255 * 2^max(shift, 0)| < 2^30. No scratch, no overlap.
 */
void edgeplug_mean_s8(const int8_t *input, int32_t groups, int32_t rows, int32_t channels, int32_t input_offset,
                      int32_t multiplier, int32_t shift, int32_t output_offset, int8_t *output);

/* Sum over the rows of input [groups, rows, channels] into output [groups, channels], rescaled: TFLite's SUM.
 * output = clamp(round(sum of input * scale + bias) + output_offset), in single precision; see ../ROUNDING.md. rows < 2^24.
 * No scratch, no overlap.
 */
void edgeplug_sum_s8(const int8_t *input, int32_t groups, int32_t rows, int32_t channels, float scale,
                     float bias, int32_t output_offset, int8_t *output);

/* `extent` steps (1 or more) of so many bytes in source and target. */
typedef struct {
    int32_t extent;
    int32_t source_stride;
    int32_t target_stride;
} edgeplug_axis;

#define EDGEPLUG_MAX_AXES 8

/* Copies runs of `run_bytes` along `rank` axes (0 to EDGEPLUG_MAX_AXES), the last one innermost. Any alignment, no overlap. */
void edgeplug_copy(const void *source, void *target, const edgeplug_axis *axes, int32_t rank, int32_t run_bytes);

/* Sets each of `bytes` bytes to `value`. Any alignment. */
void edgeplug_fill(void *target, int32_t value, int32_t bytes);

/* target pixel (y, x) = source pixel (rows[y], columns[x]), pixels of `pixel_bytes` in rows of `row_bytes`: TFLite's
 * RESIZE_NEAREST_NEIGHBOR. Any alignment, no overlap.
 */
void edgeplug_resize_nearest_neighbor(const void *source, int32_t row_bytes, int32_t pixel_bytes, const uint16_t *rows,
                                      int32_t height, const uint16_t *columns, int32_t width, void *target);

/* A real factor: (high * 2^32 + low) / 2^(32 + shift), `high` in [0, 2^31), `shift` in [1, 62]. */
typedef struct {
    int32_t high;
    uint32_t low;
    int32_t shift;
} edgeplug_factor;

/* Fully connected on int16 with zero points 0: input [rows, depth], filters [channels, depth], `bias` [channels] or NULL, output
 * [rows, channels]. The factor of channel i is factors[i * factor_step]. Sums saturate to 32 bits; rounded once, halves up, and
 * clamped to [low, high]. No scratch.
 */
void edgeplug_fully_connected_s16(const int16_t *input, int32_t rows, int32_t depth, const int8_t *filters,
                                  const int64_t *bias, int32_t channels, const edgeplug_factor *factors, int32_t factor_step,
                                  int32_t low, int32_t high, int16_t *output);

/* Units `places` [count] of a fully connected layer [rows, depth] -> [rows, channels] by factors of their own. `weights` are
 * [count, depth]; the zero point of the input is in `biases` [count]; |sum| < 2^31.
 */
typedef struct {
    const int8_t *weights;
    const int32_t *biases;
    const edgeplug_factor *factors;
    const int32_t *places;
    int32_t count, rows, depth, channels, offset, low, high;
} edgeplug_wide_units;

/* Computes those units, and no other output: rounded once, halves up, `offset` added, clamped to [low, high]. No scratch. */
void edgeplug_fully_connected_wide_s8(const edgeplug_wide_units *units, const int8_t *input, int8_t *output);

/* As arm_batch_matmul_s8, for matrices that lie as `adj_x` and `adj_y` say: left [n, h, rows, depth], or [n, h, depth, rows]
 * with adj_x; right [n, h, depth, columns], or [n, h, columns, depth] with adj_y.
 */
arm_cmsis_nn_status edgeplug_batch_matmul_s8(const cmsis_nn_context *ctx, const cmsis_nn_bmm_params *bmm_params,
                                             const cmsis_nn_per_tensor_quant_params *quant_params,
                                             const cmsis_nn_dims *input_lhs_dims, const int8_t *input_lhs,
                                             const cmsis_nn_dims *input_rhs_dims, const int8_t *input_rhs,
                                             const cmsis_nn_dims *output_dims, int8_t *output);

/* output[i] = table[input[i]], the table indexed by the input's bits as unsigned: 0 to 127, then -128 to -1.
 * `output` may be `input`, but not overlap it otherwise. Any alignment.
 */
void edgeplug_lookup_s8(const int8_t *input, int32_t count, const int8_t *table, int8_t *output);

/* output[i] = input[i] clamped to [low, high], both in [-128, 127]. As edgeplug_lookup_s8 for the rest. */
void edgeplug_clamp_s8(const int8_t *input, int32_t count, int32_t low, int32_t high, int8_t *output);

/* Offsets, and the multipliers and shifts for x >= 0 and for x * alpha. */
typedef struct {
    int32_t input_offset;
    int32_t alpha_offset;
    int32_t output_offset;
    int32_t positive_multiplier;
    int32_t positive_shift;
    int32_t negative_multiplier;
    int32_t negative_shift;
} edgeplug_prelu;

/* PRELU of `count` values, each with its own alpha: x = input[i] + input_offset, rescaled where x >= 0, else x times
 * (alpha[i] + alpha_offset), rescaled; rounded twice. |x * 2^max(shift, 0)| and that of the product < 2^30. `output` may be
 * either input, but not overlap it otherwise. Any alignment.
 */
void edgeplug_prelu_s8(const int8_t *input, const int8_t *alpha, const edgeplug_prelu *prelu, int32_t count, int8_t *output);

/* output[i] = scale * (input[i] - zero_point), rounded once. `output` is aligned to its type. */
void edgeplug_dequantize_s8(const int8_t *input, int32_t count, int32_t zero_point, float scale, float *output);

/* Index of the largest value, the first of equal ones, along the middle axis of input [outer, extent, inner]; output
 * [outer, inner] of int32_t or int64_t, which `item_bytes` tells (4 or 8), aligned to its type.
 */
void edgeplug_arg_max_s8(const int8_t *input, int32_t outer, int32_t extent, int32_t inner, int32_t item_bytes, void *output);

#ifdef __cplusplus
}
#endif

#endif
