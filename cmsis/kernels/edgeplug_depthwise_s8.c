#include "cmsis/kernels/internal/depthwise.h"
#include "cmsis/kernels/internal/requantize.h"

#define QUAD 4

/* A layer at work on one quad. */
typedef struct {
    const edgeplug_depthwise *layer;
    edgeplug_pairing *pair;
    edgeplug_depthwise_input input;
    edgeplug_depthwise_rows rows;
    uint32_t *pairs[3]; /* of rows, a ring: where the first one is, in the order of the input, and two more */
    int32_t y;          /* of the row to be paired next */
} work;

/* Brings the next two rows of the input together. */
static void pair_rows(work *at, int32_t number)
{
    at->pair(at->pairs[number] + at->layer->padding_width * EDGEPLUG_PLACE_WORDS, &at->input, at->y);
    at->y += 2;
}

/* Applies `convolve` to what was paired; from now on `first` is the first pair. */
static void convolve_rows(work *at, void (*convolve)(const edgeplug_depthwise_rows *rows), int32_t count, int32_t first)
{
    uint32_t *const used = at->pairs[0];
    const edgeplug_depthwise *layer = at->layer;
    at->rows.first = used;
    at->rows.second = at->pairs[1];
    at->rows.third = at->pairs[2];
    at->rows.end = used + layer->output_width * layer->stride * EDGEPLUG_PLACE_WORDS;
    convolve(&at->rows);
    at->rows.output += count * at->rows.row_step;
    at->pairs[0] = at->pairs[first];
    at->pairs[first] = used;
}

/* Computes a quad by single steps. */
static void convolve_dense(work *at)
{
    pair_rows(at, 0);
    for (int32_t left = at->layer->output_height; left > 0;) {
        pair_rows(at, 1);
        if (left >= 4) {
            pair_rows(at, 2);
            convolve_rows(at, edgeplug_convolve_four_rows, 4, 2);
            left -= 4;
        } else {
            at->rows.row_step = left > 1 ? at->rows.row_step : 0;
            convolve_rows(at, edgeplug_convolve_two_rows, 2, 1);
            left -= 2;
        }
    }
}

/* Computes a quad by steps of two. */
static void convolve_apart(work *at)
{
    pair_rows(at, 0);
    for (int32_t left = at->layer->output_height; left > 0; left -= 2) {
        pair_rows(at, 1);
        pair_rows(at, 2);
        at->rows.row_step = left > 1 ? at->rows.row_step : 0;
        convolve_rows(at, edgeplug_convolve_rows_apart, 2, 2);
    }
}

/* Computes all quads. */
static void convolve_quads(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch,
                           edgeplug_pairing *pair, void (*convolve)(work *at))
{
    const int32_t channels = layer->channels, pixel = channels / layer->multiplier;
    const int32_t columns = (layer->output_width - 1) * layer->stride + 3, inside = columns - layer->padding_width;
    const uintptr_t unaligned = (uintptr_t)scratch + EDGEPLUG_PAIR_ALIGNMENT - 1;
    uint32_t *room = (uint32_t *)(unaligned & ~(uintptr_t)(EDGEPLUG_PAIR_ALIGNMENT - 1));
    const uint32_t outside = (uint8_t)layer->zero_point * 0x01010101u, *quad = layer->quads;
    work at; /* Set member by member: GCC would call memset() for the others. */
    at.layer = layer;
    at.pair = pair;
    for (int32_t i = 0; i < 3; i++) {
        at.pairs[i] = room;
        for (int32_t word = columns * EDGEPLUG_PLACE_WORDS; word > 0; word--) {
            *room++ = widen_even(outside);
        }
    }
    at.input.height = layer->height;
    at.input.row_step = layer->width * pixel;
    at.input.pixel_step = pixel;
    at.input.columns = inside < layer->width ? inside : layer->width;
    at.input.outside = outside;
    at.rows.records = room;
    at.rows.position_step = channels - QUAD;
    at.rows.is_general = layer->is_general;
    for (int32_t channel = 0; channel < channels; channel += QUAD, quad += EDGEPLUG_QUAD_WORDS) {
        /* The last quad may overlap the one before. */
        const int32_t number = channel + QUAD <= channels ? channel : channels - QUAD, source = number / layer->multiplier;
        for (int32_t i = 0; i < QUAD; i++) {
            at.input.offsets[i] = (number + i) / layer->multiplier - source;
        }
        at.input.channels = input + source;
        at.rows.output = output + number;
        at.rows.row_step = layer->output_width * channels;
        at.y = -layer->padding_height;
        edgeplug_expand_quad(room, quad, layer->offset);
        convolve(&at);
    }
    clamp_all_s8(output, layer->output_height * layer->output_width * channels, layer->low, layer->high);
}

void edgeplug_depthwise_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    convolve_quads(layer, input, output, scratch, edgeplug_pair_rows, convolve_dense);
}

void edgeplug_depthwise_apart_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    convolve_quads(layer, input, output, scratch, edgeplug_pair_rows, convolve_apart);
}

void edgeplug_depthwise_multiplied_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    convolve_quads(layer, input, output, scratch, edgeplug_gather_rows, convolve_dense);
}

void edgeplug_depthwise_multiplied_apart_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    convolve_quads(layer, input, output, scratch, edgeplug_gather_rows, convolve_apart);
}
