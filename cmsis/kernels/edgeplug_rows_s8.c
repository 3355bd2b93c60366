#include "cmsis/kernels/internal/requantize.h"
#include "cmsis/kernels/internal/rows_quads.h"
#include "cmsis/kernels/internal/widen_row.h"

void edgeplug_rows_s8(const edgeplug_rows *layer, const int8_t *input, int8_t *output, void *scratch)
{
    int8_t *next = output;
    for (int32_t row = 0; row < layer->rows; row++) {
        if (layer->is_alternate) {
            edgeplug_widen_alternate(scratch, input, layer->groups);
        } else {
            widen_row(scratch, input, layer->depth);
        }
        next = edgeplug_multiply_rows_quads(layer, scratch, next);
        input += layer->depth << layer->is_alternate;
    }
    clamp_all_s8(output, next - output, layer->low, layer->high);
}
