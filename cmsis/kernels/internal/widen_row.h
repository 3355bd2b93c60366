/* One row of int8 as int16 lanes: what fully connected kernels multiply. */
#ifndef EDGEPLUG_WIDEN_ROW_H
#define EDGEPLUG_WIDEN_ROW_H

#include "cmsis/kernels/internal/simd.h"

/* Widens groups of four values; may be none. In shape_input.S. */
void edgeplug_widen_groups(uint32_t *values, const int8_t *input, int32_t groups);

/* Widens one input; lanes behind its end are zeros. */
static inline void widen_row(uint32_t *values, const int8_t *input, int32_t depth)
{
    const int32_t whole = depth & ~3;
    edgeplug_widen_groups(values, input, whole / 4);
    if (depth > whole) {
        const uint32_t bytes = load_part(input + whole, depth - whole);
        values[whole / 2] = widen_even(bytes);
        values[whole / 2 + 1] = widen_odd(bytes);
    }
}

#endif
