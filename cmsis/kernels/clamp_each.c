#include "cmsis/kernels/internal/requantize.h"

void edgeplug_clamp_each_s8(int8_t *values, int32_t count, int32_t low, int32_t high)
{
    for (; count > 0; count--, values++) {
        *values = clamp_s8(*values, low, high);
    }
}
