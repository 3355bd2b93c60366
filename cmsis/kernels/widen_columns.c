#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/simd.h"

void edgeplug_widen(uint32_t *columns, int32_t column, const int8_t *source, int32_t count, int32_t offset)
{
    const uint32_t offsets = ((uint32_t)offset & 0xFFFFu) | ((uint32_t)offset << 16);
    uint32_t *group = columns + column;
    for (; count >= 8; count -= 8) {
        const uint32_t bytes = load_4(source), more = load_4(source + 4);
        group[0] = widen_even_add(offsets, bytes);
        group[4] = widen_odd_add(offsets, bytes);
        group[8] = widen_even_add(offsets, more);
        group[12] = widen_odd_add(offsets, more);
        group += 16;
        source += 8;
    }
    for (; count > 0; count -= 4) {
        /* A last part takes lanes that are not its own: zero weights ignore them. */
        const uint32_t bytes = count >= 4 ? load_4(source) : load_part(source, count);
        group[0] = widen_even_add(offsets, bytes);
        group[4] = widen_odd_add(offsets, bytes);
        group += 8;
        source += 4;
    }
}
