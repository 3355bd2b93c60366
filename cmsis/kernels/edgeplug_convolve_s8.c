#include <stdbool.h>

#include "cmsis/kernels/internal/convolution.h"
#include "cmsis/kernels/internal/requantize.h"

#define QUAD 4

/* A convolution at work. */
typedef struct {
    const edgeplug_convolution *layer;
    const int8_t *input;
    const uint32_t *quads;
    uint32_t *windows;
    int8_t *seen; /* room for what a block of windows sees */
    int8_t *tail; /* room for the outputs of fewer than four filters */
    int32_t step; /* bytes from one window to the next in what they see */
} work;

static int32_t within(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

static int32_t quad_words(const edgeplug_convolution *layer)
{
    return QUAD * (1 + layer->groups + layer->factor_words);
}

/* Copies columns `x` to before `x` + `columns` of the rows that a filter sees from row `y` on; zero points outside. */
static void gather(const work *at, int32_t y, int32_t x, int32_t columns)
{
    const edgeplug_convolution *layer = at->layer;
    const int32_t channels = layer->channels, taps = layer->filter_height, dilation = layer->dilation_height;
    const int32_t first = within(-x, 0, columns), inside = within(layer->width - x, first, columns) - first;
    if (inside < columns || y < 0 || y + (taps - 1) * dilation >= layer->height) {
        edgeplug_fill_words(at->seen, (uint8_t)layer->zero_point * 0x01010101u, (columns * taps * channels + 3) / 4);
    }
    int8_t *seen = at->seen + first * taps * channels;
    for (int32_t tap = 0; tap < taps; tap++, y += dilation, seen += channels) {
        if (y >= 0 && y < layer->height) {
            const int8_t *pixel = at->input + (y * layer->width + x + first) * channels;
            edgeplug_copy_columns(seen, pixel, taps == 1 ? inside * channels : channels, taps == 1 ? 1 : inside, taps * channels);
        }
    }
}

/* What `count` windows from output (y, x) on see: the input itself where one row of it holds all, else a copy. */
static const int8_t *see(const work *at, int32_t out_y, int32_t out_x, int32_t count)
{
    const edgeplug_convolution *layer = at->layer;
    const int32_t y = out_y * layer->stride_height - layer->padding_height;
    const int32_t x = out_x * layer->stride_width - layer->padding_width;
    const int32_t columns = (count - 1) * layer->stride_width + layer->filter_width;
    const int32_t first = (y * layer->width + x) * layer->channels;
    const int32_t end = first + (count - 1) * at->step + layer->groups * (layer->is_alternate ? 8 : 4);
    if (layer->filter_height == 1 && x >= 0 && x + columns <= layer->width && y >= 0 && y < layer->height &&
        end <= layer->height * layer->width * layer->channels) {
        return at->input + first;
    }
    gather(at, y, x, columns);
    return at->seen;
}

/* Widens pairs of windows; returns the bytes from one pair to the next. */
static int32_t widen(const work *at, const int8_t *seen, int32_t pairs)
{
    const int32_t groups = at->layer->groups, step = at->step;
    if (at->layer->is_alternate) {
        for (int32_t pair = 0; pair < pairs; pair++, seen += 2 * step) {
            edgeplug_widen_alternate_pair(at->windows + pair * groups * 4, seen, seen + step, groups);
        }
        return groups * 16;
    }
    if (step % 4 == 0) {
        /* Windows overlap. */
        edgeplug_widen_pair(at->windows, seen, seen + step, (pairs - 1) * step / 2 + groups);
        return step * 8;
    }
    for (int32_t pair = 0; pair < pairs; pair++, seen += 2 * step) {
        edgeplug_widen_pair(at->windows + pair * groups * 4, seen, seen + step, groups);
    }
    return groups * 16;
}

/* Applies all filters; the last ones, where they are fewer than four, beside the output. */
static void convolve(const work *at, edgeplug_quads run)
{
    const int32_t filters = at->layer->filters, left = filters % QUAD;
    run.fours = filters / QUAD;
    if (run.fours > 0) {
        edgeplug_convolve_quads(&run);
    }
    if (left > 0) {
        int8_t *output = run.output + filters - left;
        const int8_t *tail = at->tail;
        const int32_t step = run.output_step;
        run.quads += run.fours * quad_words(at->layer);
        run.output = at->tail;
        run.output_step = QUAD;
        run.fours = 1;
        edgeplug_convolve_quads(&run);
        for (int32_t window = 0; window < 2 * run.pairs; window++, output += step, tail += QUAD) {
            copy_bytes(output, tail, left);
        }
    }
}

/* Convolves one row of outputs, some pairs at a time. The last ones may repeat some; where there is but one, it is a pair. */
static void convolve_row(const work *at, int32_t y, int8_t *output)
{
    const edgeplug_convolution *layer = at->layer;
    const int32_t width = layer->output_width;
    for (int32_t next = 0, pairs; next < width; next += 2 * pairs) {
        const int32_t left = (width - next + 1) / 2;
        pairs = left < layer->pairs ? left : layer->pairs;
        const int32_t x = width == 1 || next + 2 * pairs <= width ? next : width - 2 * pairs;
        const int32_t window_step = widen(at, see(at, y, x, 2 * pairs), pairs);
        const edgeplug_quads run = {at->quads, at->windows, output + x * layer->filters, 0, layer->groups, pairs, window_step,
                                    width == 1 ? 0 : layer->filters, layer->factor_words - 2};
        convolve(at, run);
    }
}

static uint32_t *take(uint8_t **room, int32_t size_bytes)
{
    uint32_t *taken = (uint32_t *)*room;
    *room += size_bytes;
    return taken;
}

void edgeplug_convolve_s8(const edgeplug_convolution *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const int32_t step = layer->stride_width * layer->filter_height * layer->channels, groups = layer->groups;
    const int32_t fours = (layer->filters + QUAD - 1) / QUAD, pairs = layer->pairs;
    uint8_t *room = scratch;
    work at = {layer, input, layer->quads, NULL, NULL, NULL, step};
    if (layer->is_copied) {
        const int32_t blocks = fours * quad_words(layer) / 4;
        at.quads = take(&room, 16 * blocks);
        edgeplug_copy_words((uint32_t *)at.quads, layer->quads, blocks);
    }
    at.tail = (int8_t *)take(&room, layer->filters % QUAD != 0 ? 2 * QUAD * pairs : 0);
    at.windows = take(&room, 16 * (step % 4 == 0 && !layer->is_alternate ? (pairs - 1) * step / 2 + groups : pairs * groups));
    at.seen = (int8_t *)room;
    for (int32_t y = 0; y < layer->output_height; y++) {
        convolve_row(&at, y, output + y * layer->output_width * layer->filters);
    }
    clamp_all_s8(output, layer->output_height * layer->output_width * layer->filters, layer->low, layer->high);
}
