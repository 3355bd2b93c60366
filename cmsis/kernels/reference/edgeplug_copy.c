#include "edgeplug_nn.h"

#include <string.h>

void edgeplug_copy(const void *source, void *target, const edgeplug_axis *axes, int32_t rank, int32_t run_bytes)
{
    if (rank == 0) {
        memcpy(target, source, (size_t)run_bytes);
        return;
    }
    for (int32_t i = 0; i < axes->extent; i++) {
        edgeplug_copy((const int8_t *)source + i * axes->source_stride, (int8_t *)target + i * axes->target_stride, axes + 1,
                      rank - 1, run_bytes);
    }
}

void edgeplug_fill(void *target, int32_t value, int32_t bytes)
{
    memset(target, value, (size_t)bytes);
}
