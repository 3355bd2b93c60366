#include "cmsis/kernels/internal/quads.h"
#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/widen_row.h"

void edgeplug_fully_connected_s8(const edgeplug_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        widen_row(scratch, input, layer->depth);
        edgeplug_multiply_quads(layer, scratch, output);
        clamp_all_s8(output, layer->units, layer->low, layer->high);
        input += layer->depth;
        output += layer->units;
    }
}
