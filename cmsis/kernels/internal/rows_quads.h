/* The loops behind edgeplug_rows_s8 (edgeplug_kernels.h), in multiply_rows.S, which knows the struct's offsets, and shape_input.S. */
#ifndef EDGEPLUG_ROWS_QUADS_H
#define EDGEPLUG_ROWS_QUADS_H

#include "edgeplug_kernels.h"

/* Computes and stores all units, saturated to int8, from one input, widened in groups of four: values 0 and 2, 1 and 3. Returns the
 * output's end.
 */
int8_t *edgeplug_multiply_rows_quads(const edgeplug_rows *layer, const uint32_t *values, int8_t *output);

/* Widens groups of every second value, from value 0 on, in the order 0, 4, 2, 6; at least one. */
void edgeplug_widen_alternate(uint32_t *values, const int8_t *input, int32_t groups);

#endif
