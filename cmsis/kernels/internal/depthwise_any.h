/* The loop behind edgeplug_depthwise_any_s8 (edgeplug_kernels.h), in depthwise_windows.S, which knows these layouts.
 *
 * Four channels of outputs go together; a tap is their four values, a word. A record is twice the biases, then for each two taps
 * of a row four words, twice their weights for one channel each, then for each channel a factor, what is added to the product's
 * high word, and a shift.
 */
#ifndef EDGEPLUG_DEPTHWISE_ANY_H
#define EDGEPLUG_DEPTHWISE_ANY_H

#include "edgeplug_kernels.h"

/* A row of outputs; steps are in bytes. */
typedef struct {
    const uint32_t *record;
    const uint32_t *const *rows; /* of taps, from the first window's left edge on */
    const uint32_t *const *rows_end;
    int32_t pairs; /* of taps in a row, the last one's second tap may be none of the window: its weight is zero */
    int32_t window_step;
    int32_t count; /* of windows, at least 1 */
    int8_t *output;
    int32_t output_step;
    int32_t tap_step;
} edgeplug_depthwise_windows;

/* Copies `count` (at least 1) words that are `step` bytes apart. */
void edgeplug_copy_quads(uint32_t *taps, const int8_t *source, int32_t step, int32_t count);

/* Computes four channels of a row. */
void edgeplug_convolve_windows(const edgeplug_depthwise_windows *windows);

#endif
