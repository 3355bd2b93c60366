#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/simd.h"

/* Value `index` of a column: eight lanes further for each four values, then even before odd, then the lane. */
static int16_t *lane_at(uint32_t *columns, int32_t column, int32_t index)
{
    return (int16_t *)columns + (index >> 2) * 8 + (index & 1) * 4 + column * 2 + ((index >> 1) & 1);
}

void edgeplug_widen(uint32_t *columns, int32_t column, int32_t first, const int8_t *source, int32_t count, int32_t offset)
{
    for (; (first & 3) != 0 && count > 0; count--) {
        *lane_at(columns, column, first++) = (int16_t)(*source++ + offset);
    }
    const uint32_t offsets = ((uint32_t)offset & 0xFFFFu) | ((uint32_t)offset << 16);
    uint32_t *group = columns + first + column;
    for (; count >= 8; count -= 8) {
        const uint32_t bytes = load_4(source), more = load_4(source + 4);
        group[0] = widen_even_add(offsets, bytes);
        group[2] = widen_odd_add(offsets, bytes);
        group[4] = widen_even_add(offsets, more);
        group[6] = widen_odd_add(offsets, more);
        group += 8;
        source += 8;
    }
    for (; count >= 4; count -= 4) {
        const uint32_t bytes = load_4(source);
        group[0] = widen_even_add(offsets, bytes);
        group[2] = widen_odd_add(offsets, bytes);
        group += 4;
        source += 4;
    }
    if (count > 0) {
        /* This takes lanes that are not its own: what follows overwrites them, or zero weights ignore them. */
        const uint32_t bytes = load_part(source, count);
        group[0] = widen_even_add(offsets, bytes);
        group[2] = widen_odd_add(offsets, bytes);
    }
}

void edgeplug_widen_zeros(uint32_t *columns, int32_t column, int32_t first, int32_t count)
{
    for (const int32_t end = first + count; first < end; first++) {
        *lane_at(columns, column, first) = 0;
    }
}
