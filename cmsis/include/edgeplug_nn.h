/* Operators that CMSIS-NN's public API lacks. Linked beside whichever library provides arm_nnfunctions.h. */
#ifndef EDGEPLUG_NN_H
#define EDGEPLUG_NN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mean over the rows of input [rows, channels] into output [channels], rescaled: TFLite's MEAN over spatial axes.
 * output = clamp(requantize(sum of (input + input_offset), multiplier, shift) + output_offset), rounded twice as in
 * ../ROUNDING.md; `multiplier` contains 1 / rows. |rows * 255 * 2^max(shift, 0)| < 2^30. No scratch, no overlap.
 */
void edgeplug_mean_s8(const int8_t *input, int32_t rows, int32_t channels, int32_t input_offset, int32_t multiplier,
                      int32_t shift, int32_t output_offset, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
