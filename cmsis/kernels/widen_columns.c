#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/simd.h"

/* Value `index` of a column: two groups of lanes further for each four, then even before odd, then the lane. */
static int16_t *lane_at(uint32_t *columns, int32_t column, int32_t index)
{
    return (int16_t *)columns + (index >> 2) * 8 + (index & 1) * 4 + column * 2 + ((index >> 1) & 1);
}

void edgeplug_widen(uint32_t *columns, int32_t column, int32_t first, const int8_t *source, int32_t count, int32_t offset)
{
    const int32_t end = first + count;
    while (first < end && (first & 3) != 0) {
        *lane_at(columns, column, first++) = (int16_t)(*source++ + offset);
    }
    const uint32_t offsets = ((uint32_t)offset & 0xFFFFu) | ((uint32_t)offset << 16);
    uint32_t *group = columns + first + column;
    for (; first + 4 <= end; first += 4) {
        const uint32_t bytes = load_4(source);
        group[0] = widen_even_add(offsets, bytes);
        group[2] = widen_odd_add(offsets, bytes);
        group += 4;
        source += 4;
    }
    while (first < end) {
        *lane_at(columns, column, first++) = (int16_t)(*source++ + offset);
    }
}

void edgeplug_widen_zeros(uint32_t *columns, int32_t column, int32_t first, int32_t count)
{
    for (const int32_t end = first + count; first < end; first++) {
        *lane_at(columns, column, first) = 0;
    }
}
