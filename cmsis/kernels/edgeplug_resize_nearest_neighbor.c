/* Nearest-neighbour resizing by tables of rows and columns. */
#include "edgeplug_nn.h"
#include "internal/simd.h"

void edgeplug_resize_nearest_neighbor(const void *source, int32_t row_bytes, int32_t pixel_bytes, const uint16_t *rows,
                                      int32_t height, const uint16_t *columns, int32_t width, void *target)
{
    int8_t *to = target;

    for (int32_t y = 0; y < height; y++) {
        const int8_t *const row = (const int8_t *)source + rows[y] * row_bytes;

        for (int32_t x = 0; x < width; x++, to += pixel_bytes) {
            copy_bytes(to, row + columns[x] * pixel_bytes, pixel_bytes);
        }
    }
}
