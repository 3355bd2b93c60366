#include "edgeplug_nn.h"

#include <string.h>

void edgeplug_resize_nearest_neighbor(const void *source, int32_t row_bytes, int32_t pixel_bytes, const uint16_t *rows,
                                      int32_t height, const uint16_t *columns, int32_t width, void *target)
{
    for (int32_t y = 0; y < height; y++) {
        for (int32_t x = 0; x < width; x++) {
            memcpy((int8_t *)target + (y * width + x) * pixel_bytes,
                   (const int8_t *)source + rows[y] * row_bytes + columns[x] * pixel_bytes, (size_t)pixel_bytes);
        }
    }
}
