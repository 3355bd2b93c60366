/* The loops behind the depthwise kernels of edgeplug_kernels.h: depthwise_input.S and depthwise_rows.S, which know these layouts.
 *
 * Four channels of outputs, a quad, go together. A pair of rows of the input holds, for each column and channel of a quad, a
 * word of two int16 lanes, the upper row low. A record holds, for a channel, the scaled bias, two words of weights for each of
 * three columns from right to left, the factor, what is added to the product's high word, and scale and shift.
 */
#ifndef EDGEPLUG_DEPTHWISE_H
#define EDGEPLUG_DEPTHWISE_H

#include "edgeplug_kernels.h"

#define EDGEPLUG_PLACE_WORDS 4
#define EDGEPLUG_PAIR_ALIGNMENT 16 /* in bytes: addresses tell where four channels end */
#define EDGEPLUG_QUAD_WORDS 24

/* Where pairs of rows come from. Rows outside the input hold `outside`. */
typedef struct {
    const int8_t *channels; /* of the quad, in the first pixel */
    int32_t height;
    int32_t row_step, pixel_step; /* in bytes */
    int32_t columns;              /* to take; at least 1 */
    uint32_t outside;
    int32_t offsets[4]; /* of the channels, 0 to 3; edgeplug_pair_rows takes 0, 1, 2, 3 */
} edgeplug_depthwise_input;

/* Brings rows `y` and `y` + 1 together. */
typedef void edgeplug_pairing(uint32_t *pair, const edgeplug_depthwise_input *input, int32_t y);
edgeplug_pairing edgeplug_pair_rows, edgeplug_gather_rows;

/* Makes four records of a quad; `offset` is 2 * the output's zero point + 1. */
void edgeplug_expand_quad(uint32_t *records, const uint32_t *quad, int32_t offset);

/* Rows of outputs: their windows lie on the first and the second, or on all three pairs of rows. */
typedef struct {
    const uint32_t *first;
    const uint32_t *records;
    int8_t *output;
    const uint32_t *third;
    int32_t row_step;      /* in bytes, from one row of outputs to the next; 0 for two rows of which only the first one stays */
    int32_t position_step; /* from behind four channels of an output to those of the next one */
    const uint32_t *end;   /* where the next window to the right of the last one would start in `first` */
    const uint32_t *second;
    int32_t is_general; /* as in edgeplug_depthwise */
} edgeplug_depthwise_rows;

/* Compute four channels of four rows; of two; of two whose windows start two rows of the input, and two columns, apart. */
void edgeplug_convolve_four_rows(const edgeplug_depthwise_rows *rows);
void edgeplug_convolve_two_rows(const edgeplug_depthwise_rows *rows);
void edgeplug_convolve_rows_apart(const edgeplug_depthwise_rows *rows);

#endif
