#include "cmsis/kernels/internal/quads.h"
#include "cmsis/kernels/internal/requantize.h"

/* Widens one input; lanes behind its end are zeros. */
static void widen(uint32_t *values, const int8_t *input, int32_t depth)
{
    const int32_t whole = depth & ~3;
    edgeplug_widen_groups(values, input, whole / 4);
    if (depth > whole) {
        const uint32_t bytes = load_part(input + whole, depth - whole);
        values[whole / 2] = widen_even(bytes);
        values[whole / 2 + 1] = widen_odd(bytes);
    }
}

void edgeplug_fully_connected_s8(const edgeplug_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        widen(scratch, input, layer->depth);
        edgeplug_multiply_quads(layer, scratch, output);
        clamp_all_s8(output, layer->units, layer->low, layer->high);
        input += layer->depth;
        output += layer->units;
    }
}
