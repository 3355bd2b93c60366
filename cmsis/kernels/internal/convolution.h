/* The loops behind edgeplug_convolve_s8 (edgeplug_kernels.h), in convolve_quads.S, which knows the struct's offsets,
 * and shape_input.S.
 *
 * Windows come in pairs. A group of four values of a pair is four words of two int16 lanes: values 0 and 2 of the first
 * window, of the second, values 1 and 3 of the first, of the second.
 */
#ifndef EDGEPLUG_CONVOLUTION_H
#define EDGEPLUG_CONVOLUTION_H

#include "edgeplug_kernels.h"

/* A run over some filters and windows. The assembly loads it as a whole. */
typedef struct {
    const uint32_t *quads;
    const uint32_t *windows;
    int8_t *output;
    int32_t fours;       /* of filters, at least 1 */
    int32_t groups;      /* of four values in a window */
    int32_t pairs;       /* of windows, at least 1 */
    int32_t window_step; /* bytes from one pair to the next, which may overlap */
    int32_t output_step; /* bytes from one window's output to the next one's */
    int32_t has_shifts;  /* 1: factors of three words, 0: of two */
} edgeplug_quads;

/* Applies fours of filters to pairs of windows; stores four values for each window and four, saturated to int8. */
void edgeplug_convolve_quads(const edgeplug_quads *run);

/* Widens groups of two windows, of any alignment. */
void edgeplug_widen_pair(uint32_t *windows, const int8_t *first, const int8_t *second, int32_t groups);

/* The same of every second value, from value 0 on, in the order 0, 4, 2, 6. */
void edgeplug_widen_alternate_pair(uint32_t *windows, const int8_t *first, const int8_t *second, int32_t groups);

/* Writes `words` (at least 1) times. */
void edgeplug_fill_words(int8_t *target, uint32_t word, int32_t words);

/* Copies `columns` times `bytes` (at least 1) that lie together to places `target_step` bytes apart. */
void edgeplug_copy_columns(int8_t *target, const int8_t *source, int32_t bytes, int32_t columns, int32_t target_step);

/* Copies `blocks` times 16 bytes. */
void edgeplug_copy_words(uint32_t *target, const uint32_t *source, int32_t blocks);

#endif
