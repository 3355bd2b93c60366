#include "edgeplug_kernels.h"

#include "cmsis/kernels/internal/depthwise.h"
#include "cmsis/kernels/internal/requantize.h"

#define QUAD 4

/* A layer at work on one quad. */
typedef struct {
    edgeplug_depthwise_input input;
    edgeplug_depthwise_rows rows;
    int32_t padding_words; /* of a pair of rows, left of the input */
    int32_t width_words;   /* of a pair of rows, of windows */
} work;

/* Computes all rows of outputs. Pairs of rows of the input go round a ring of three. */
static void convolve_quad(work *at, uint32_t *first, int32_t y, int32_t left)
{
    uint32_t *second = first + at->width_words + 2 * QUAD, *third = second + at->width_words + 2 * QUAD;
    edgeplug_pair_rows(first + at->padding_words, &at->input, y);
    while (left > 0) {
        uint32_t *const used = first;
        at->rows.first = first;
        at->rows.second = second;
        at->rows.third = third;
        at->rows.end = first + at->width_words;
        y += 2;
        edgeplug_pair_rows(second + at->padding_words, &at->input, y);
        if (left >= 4) {
            y += 2;
            edgeplug_pair_rows(third + at->padding_words, &at->input, y);
            edgeplug_convolve_four_rows(&at->rows);
            at->rows.output += 4 * at->rows.row_step;
            first = third;
            third = second;
            left -= 4;
        } else {
            const int32_t step = 2 * at->rows.row_step;
            at->rows.row_step = left == 1 ? 0 : at->rows.row_step;
            edgeplug_convolve_two_rows(&at->rows);
            at->rows.output += step;
            first = second;
            left -= 2;
        }
        second = used;
    }
}

void edgeplug_depthwise_s8(const edgeplug_depthwise *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const int32_t channels = layer->channels, columns = layer->output_width + 2, inside = columns - layer->padding_width;
    const uintptr_t unaligned = (uintptr_t)scratch + EDGEPLUG_PAIR_ALIGNMENT - 1;
    uint32_t *const pairs = (uint32_t *)(unaligned & ~(uintptr_t)(EDGEPLUG_PAIR_ALIGNMENT - 1));
    uint32_t *const records = pairs + 3 * columns * QUAD;
    const uint32_t outside = (uint8_t)layer->zero_point * 0x01010101u;
    for (uint32_t *word = pairs; word < records; word++) {
        *word = widen_even(outside);
    }
    const uint32_t *quad = layer->quads;
    for (int32_t channel = 0; channel < channels; channel += QUAD, quad += EDGEPLUG_QUAD_WORDS) {
        /* The last quad may overlap the one before. */
        const int32_t number = channel + QUAD <= channels ? channel : channels - QUAD;
        work at = {
            {input + number, layer->height, layer->width * channels, channels, inside < layer->width ? inside : layer->width,
             outside},
            {NULL, records, output + number, NULL, layer->output_width * channels, channels - QUAD, NULL, NULL,
             layer->is_general},
            layer->padding_width * QUAD,
            layer->output_width * QUAD,
        };
        edgeplug_expand_quad(records, quad, layer->offset);
        convolve_quad(&at, pairs, -layer->padding_height, layer->output_height);
    }
    clamp_all_s8(output, layer->output_height * layer->output_width * channels, layer->low, layer->high);
}
