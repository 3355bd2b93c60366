#include "cmsis/kernels/internal/depthwise_any.h"
#include "cmsis/kernels/internal/requantize.h"

#define QUAD 4
#define FACTOR_WORDS 12

/* Twice the lanes of even or odd bytes. */
static uint32_t twice_even(uint32_t bytes)
{
    return widen_even_add(widen_even(bytes), bytes);
}

static uint32_t twice_odd(uint32_t bytes)
{
    return widen_odd_add(widen_odd(bytes), bytes);
}

/* Makes the record of a quad; returns the next quad. */
static const uint32_t *expand_quad(uint32_t *record, const uint32_t *quad, int32_t pairs, int32_t offset)
{
    for (int32_t channel = 0; channel < QUAD; channel++) {
        *record++ = *quad++;
    }
    for (; pairs > 0; pairs--, quad += 2, record += QUAD) {
        record[0] = twice_even(quad[0]);
        record[1] = twice_odd(quad[0]);
        record[2] = twice_even(quad[1]);
        record[3] = twice_odd(quad[1]);
    }
    for (int32_t channel = 0; channel < QUAD; channel++, quad += 2, record += 3) {
        record[0] = quad[0];
        record[1] = (uint32_t)offset << quad[1];
        record[2] = quad[1] + 1;
    }
    return quad;
}

/* Copies the quad that starts with output channel `first` out of a row of the input. */
static void copy_row(const edgeplug_depthwise_any *layer, uint32_t *taps, const int8_t *row, int32_t columns, int32_t first)
{
    const int32_t multiplier = layer->multiplier, pixel = layer->channels / multiplier;
    if (multiplier == 1) {
        edgeplug_copy_quads(taps, row + first, pixel, columns);
        return;
    }
    int32_t sources[QUAD];
    for (int32_t channel = 0; channel < QUAD; channel++) {
        sources[channel] = (first + channel) / multiplier;
    }
    for (; columns > 0; columns--, row += pixel) {
        const uint32_t low = (uint8_t)row[sources[0]] | (uint32_t)(uint8_t)row[sources[1]] << 8;
        *taps++ = low | (uint32_t)(uint8_t)row[sources[2]] << 16 | (uint32_t)(uint8_t)row[sources[3]] << 24;
    }
}

/* A layer's scratch: rows of taps in a ring, the record, and where the rows of a window are. */
typedef struct {
    uint32_t *ring, *record;
    const uint32_t **rows;
    int32_t height, width; /* of the ring, in taps */
} room;

static void fill(uint32_t *taps, int32_t count, int32_t zero_point)
{
    for (; count > 0; count--) {
        *taps++ = (uint8_t)zero_point * 0x01010101u;
    }
}

/* Computes the quad that starts with output channel `first`. */
static void convolve_quad(const edgeplug_depthwise_any *layer, const room *at, const int8_t *input, int8_t *output,
                          int32_t first)
{
    const int32_t left = layer->padding_width, inside = at->width - left < layer->width ? at->width - left : layer->width;
    edgeplug_depthwise_windows windows = {
        at->record, at->rows, at->rows + layer->filter_height, layer->pairs, layer->stride_width * 4, layer->output_width,
        output + first, layer->channels, layer->dilation_width * 4,
    };
    int32_t next = 0; /* row to be copied, counted from the first one of the first window */
    for (int32_t y = 0; y < layer->output_height; y++) {
        const int32_t top = y * layer->stride_height;
        for (next = next > top ? next : top; next < top + at->height; next++) {
            uint32_t *taps = at->ring + next % at->height * at->width;
            const int32_t source = next - layer->padding_height;
            if (source >= 0 && source < layer->height) {
                const int8_t *row = input + source * layer->width * (layer->channels / layer->multiplier);
                copy_row(layer, taps + left, row, inside, first);
            } else {
                fill(taps + left, inside, layer->zero_point);
            }
        }
        for (int32_t row = 0; row < layer->filter_height; row++) {
            at->rows[row] = at->ring + (top + row * layer->dilation_height) % at->height * at->width;
        }
        edgeplug_convolve_windows(&windows);
        windows.output += layer->output_width * layer->channels;
    }
}

void edgeplug_depthwise_any_s8(const edgeplug_depthwise_any *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const int32_t pairs = layer->filter_height * layer->pairs, channels = layer->channels;
    const int32_t height = (layer->filter_height - 1) * layer->dilation_height + 1;
    const int32_t width = (layer->output_width - 1) * layer->stride_width + (2 * layer->pairs - 1) * layer->dilation_width + 1;
    uint32_t *const ring = scratch, *const record = ring + height * width;
    const room at = {ring, record, (const uint32_t **)(record + QUAD * (1 + pairs) + FACTOR_WORDS), height, width};
    const uint32_t *quad = layer->quads;
    fill(ring, height * width, layer->zero_point);
    for (int32_t channel = 0; channel < channels; channel += QUAD) {
        quad = expand_quad(record, quad, pairs, layer->offset);
        /* The last quad may overlap the one before. */
        convolve_quad(layer, &at, input, output, channel + QUAD <= channels ? channel : channels - QUAD);
    }
    clamp_all_s8(output, layer->output_height * layer->output_width * channels, layer->low, layer->high);
}
