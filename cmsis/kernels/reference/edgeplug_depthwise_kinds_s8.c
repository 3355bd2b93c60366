/* One plain kernel does for all kinds. */
#include "edgeplug_kernels.h"

void edgeplug_depthwise_apart_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    edgeplug_depthwise_s8(layer, input, output, scratch);
}

void edgeplug_depthwise_multiplied_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    edgeplug_depthwise_s8(layer, input, output, scratch);
}

void edgeplug_depthwise_multiplied_apart_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    edgeplug_depthwise_s8(layer, input, output, scratch);
}
