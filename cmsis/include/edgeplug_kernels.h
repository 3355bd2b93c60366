/* Kernels for layers that the compiler has prepared: weights in the order in which the kernel reads them, constants folded.
 *
 * Generated code calls them; //cmsis/compiler/lowering writes the structs. Common to all:
 * - `input` and `output` are int8, of any alignment; `scratch` is 4-aligned. None overlap. Results equal TFLite's reference
 *   kernels bit for bit (../ROUNDING.md).
 * - Packed words hold bytes [a k, b k, a k', b k'] of the weights of two filters a and b at two indices k and k'. Their lanes
 *   are 256 * b + a, so that the words as they are and their SXTB16 give both sums; hence no weight is -128, and the sum of b
 *   stays within [-2^23, 2^23) for every input.
 * - A factor is two words: `value` in [2^30, 2^31) and `shift` in [0, 21] for value / 2^31 * 2^(-1 - shift).
 */
#ifndef EDGEPLUG_KERNELS_H
#define EDGEPLUG_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Output `unit` = clamp(requantize_once(bias + sum of input * weight, factor) + zero point), for each of `rows` inputs.
 *
 * `weights`: for each four units a, b, c, d, the last ones filled up with zeros: bias of a, 256 * bias of b + bias of a, the
 * same of c and d; then for each four values, filled up likewise, the words of a and b at 0 and 2, c and d at 0 and 2,
 * a and b at 1 and 3, c and d at 1 and 3. Biases contain the input's zero point.
 * `factors`: two for each two units, `factor_step` bytes (16, or 0 where all units share them) from one pair to the next.
 */
typedef struct {
    const uint32_t *weights;
    const int32_t *factors;
    int32_t factor_step;
    int32_t offset; /* 2 * the output's zero point + 1 */
    int32_t groups; /* of four values */
    int32_t units;
    int32_t depth;
    int32_t rows;
    int32_t low; /* of the fused activation */
    int32_t high;
} edgeplug_fully_connected;

/* `scratch`: 8 bytes for each group. */
void edgeplug_fully_connected_s8(const edgeplug_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch);

/* The same in less code and many more cycles. No scratch. */
void edgeplug_fully_connected_small_s8(const edgeplug_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch);

/* What a fully connected layer is for each of `rows` inputs that lie side by side, and so a convolution whose windows do: output `unit` =
 * clamp(floor((floor(sum * 2^8 * f / 2^32) + p) / 2^shift)) with sum = bias + sum of input * weight.
 *
 * `quads`: for each four units, the last ones filled up with zeros: biases and weights as in edgeplug_fully_connected, then factor f and
 * addend p of each. Where a row `is_alternate`, its values are every second one of twice as many, each four of them in the order 0, 2,
 * 1, 3, and `depth` is a multiple of four.
 */
typedef struct {
    const uint32_t *quads;
    int32_t groups; /* of four values */
    int32_t units;
    int32_t shift; /* 6 to 12 */
    int32_t depth;
    int32_t rows;
    int32_t is_alternate;
    int32_t low, high; /* of the fused activation */
} edgeplug_rows;

/* `scratch`: 8 bytes for each group. */
void edgeplug_rows_s8(const edgeplug_rows *layer, const int8_t *input, int8_t *output, void *scratch);

/* Convolution of one image with filters in quads of words.
 *
 * A window's values come column by column: [filter_width][filter_height][channels]; of these only every second one, where the layer
 * is `is_alternate`: each four of them in the order 0, 2, 1, 3.
 * `quads`: for each four filters a, b, c, d, the last ones filled up with zeros: biases and weights as in
 * edgeplug_fully_connected; then for each of them a factor f and an addend p, and, where these are three words, a shift s.
 * The output before the clamp, without a shift: floor((floor(sum * 2^8 * f / 2^32) + p) / 2^12);
 * with one: floor((floor(2 * sum * f / 2^32 + 1/2) + p - (sum < 0)) / 2^(s + 1)).
 */
typedef struct {
    const uint32_t *quads;
    int32_t groups; /* of four values in a window */
    int32_t filters;
    int32_t factor_words; /* 2 or 3 */
    int32_t height, width, channels;
    int32_t filter_height, filter_width;
    int32_t stride_height, stride_width; /* width 0 where the output has but one column */
    int32_t padding_height, padding_width; /* above and left of the input */
    int32_t dilation_height;
    int32_t output_height, output_width;
    int32_t zero_point; /* of the input: what the padding holds */
    int32_t pairs;      /* of output positions of a row that are computed together: at most half of the row, but at least 1 */
    int32_t is_copied;  /* whether the quads are read from a copy in scratch */
    int32_t is_alternate; /* whether only even channels are read */
    int32_t low, high;  /* of the fused activation */
} edgeplug_convolution;

/* `scratch`, with step = stride_width * filter_height * channels: the quads, if copied; the windows, 16 bytes for each group of
 * each of `pairs`, or where step is a multiple of 4 and all channels are read, 8 * step bytes less for each pair but one; (2 * pairs - 1)
 * * step bytes and `groups` * 4 bytes (8 where only even channels are read) for what these see, rounded up to 4, unless the filter is
 * one row and lies within the input everywhere, whole groups of it; and where `filters` is no multiple of 4, 8 bytes for each of `pairs`.
 */
void edgeplug_convolve_s8(const edgeplug_convolution *layer, const int8_t *input, int8_t *output, void *scratch);

/* The same in less code and many more cycles. No scratch. */
void edgeplug_convolve_small_s8(const edgeplug_convolution *layer, const int8_t *input, int8_t *output, void *scratch);

/* Depthwise convolution of one image by up to 3x3 taps, without dilation.
 *
 * `quads`: for each four output channels, where the last four may overlap those before, and for each channel: the bias, which
 * contains the input's zero point, times `scale`; for each of three columns of weights, from right to left, the bytes
 * [w0, w1, w1, w2], zeros where there are none; a factor's value; 2^16 * scale + shift. The output is
 * floor((high word + offset * 2^(shift - 1)) / 2^shift), and the high word that of the scaled sum times the value:
 * - scale = 2^(1 + EDGEPLUG_DEPTHWISE_SHIFT - s) in [4, 256] for a factor value / 2^31 * 2^-s, shift EDGEPLUG_DEPTHWISE_SHIFT,
 *   the word cut off, scale / 4 added: halves are rounded up;
 * - where `is_general`, scale = 2, shift = s, the word rounded, and 1 subtracted for sums below zero: halves away from zero.
 */
#define EDGEPLUG_DEPTHWISE_SHIFT 11

typedef struct {
    const uint32_t *quads;
    int32_t height, width;
    int32_t channels;   /* of the output, at least 4 */
    int32_t multiplier; /* output channels per input channel */
    int32_t stride;     /* of rows and columns: 1 or 2 */
    int32_t padding_height, padding_width; /* above and left of the input */
    int32_t output_height, output_width;
    int32_t zero_point; /* of the input: what the padding holds */
    int32_t offset;     /* 2 * the output's zero point + 1 */
    int32_t is_general;
    int32_t low, high; /* of the fused activation */
} edgeplug_depthwise;

/* `scratch`: 48 bytes for each of (output_width - 1) * stride + 3 columns, and 172 more.
 * The first two want multiplier 1; `apart` ones stride 2, the others 1.
 */
void edgeplug_depthwise_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch);
void edgeplug_depthwise_apart_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch);
void edgeplug_depthwise_multiplied_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch);
void edgeplug_depthwise_multiplied_apart_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch);

/* All of that in less code and many more cycles. No scratch. */
void edgeplug_depthwise_small_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch);

/* Depthwise convolution of one image by windows of any size.
 *
 * `quads`: for each four output channels a, b, c, d, where the last four may overlap those before: twice their biases, which
 * contain the input's zero point; for each two columns k and k' of each row of weights, zeros where there is none, the bytes
 * [a k, b k, a k', b k'] and [c k, d k, c k', d k']; four factors. Halves are rounded away from zero.
 */
typedef struct {
    const uint32_t *quads;
    int32_t height, width;
    int32_t channels;   /* of the output, at least 4 */
    int32_t multiplier; /* output channels per input channel */
    int32_t filter_height, filter_width;
    int32_t pairs; /* of columns: half of filter_width, rounded up */
    int32_t stride_height, stride_width;
    int32_t padding_height, padding_width; /* above and left of the input */
    int32_t dilation_height, dilation_width;
    int32_t output_height, output_width;
    int32_t zero_point; /* of the input: what the padding holds */
    int32_t offset;     /* 2 * the output's zero point + 1 */
    int32_t low, high;  /* of the fused activation */
} edgeplug_depthwise_any;

/* `scratch`: 4 bytes for each of ((filter_height - 1) * dilation_height + 1) *
 * ((output_width - 1) * stride_width + (2 * pairs - 1) * dilation_width + 1) taps, 16 * filter_height * pairs + 64 for a quad, and
 * a pointer for each of filter_height.
 */
void edgeplug_depthwise_any_s8(const edgeplug_depthwise_any *layer, const int8_t *input, int8_t *output, void *scratch);

/* Sum or difference of two rows: output = clamp((floor(x * factor_1 / 2^8) + floor(y * factor_2 / 2^8) + bias) >> 20), every
 * term and partial sum an int32. Factors are of 2^28, the bias of 2^20 output steps.
 */
typedef struct {
    int32_t factor_1, factor_2;
    int32_t bias;
    int32_t count;
    int32_t low, high; /* of the fused activation */
} edgeplug_weighted_sum;

/* `output` may be either input, but not overlap it otherwise. */
void edgeplug_weighted_sum_s8(const edgeplug_weighted_sum *layer, const int8_t *input_1, const int8_t *input_2, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
