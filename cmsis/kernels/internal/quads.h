/* The loops behind edgeplug_fully_connected_s8 (edgeplug_kernels.h), in multiply_quads.S, which knows the struct's offsets. */
#ifndef EDGEPLUG_QUADS_H
#define EDGEPLUG_QUADS_H

#include "edgeplug_kernels.h"

/* Computes and stores all units, saturated to int8, from one input, widened in groups of four: values 0 and 2, 1 and 3. */
void edgeplug_multiply_quads(const edgeplug_fully_connected *layer, const uint32_t *values, int8_t *output);

#endif
