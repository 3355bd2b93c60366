#include "cmsis/kernels/internal/columns.h"
#include "cmsis/kernels/internal/multiply_groups.h"
#include "cmsis/kernels/internal/requantize.h"

/* Where a run over pairs of filters stands. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias; /* NULL for zeros */
    const int32_t *multipliers;
    const int32_t *shifts;
    int8_t *output0;
    int8_t *output1;
} cursor;

static int8_t finish_any(const edgeplug_filters *filters, int32_t sum, int32_t value, int32_t shift)
{
    const int32_t scaled = requantize_twice(sum, value, shift);
    return clamp_s8(scaled + filters->output_offset, filters->activation.min, filters->activation.max);
}

/* The results of a pair of filters, for any shift and any range. Rare, hence not inline. */
static __attribute__((noinline)) edgeplug_tile finish_pair(edgeplug_tile sums, const cursor *at,
                                                           const edgeplug_filters *filters)
{
    const edgeplug_tile results = {
        finish_any(filters, sums.s00, at->multipliers[0], at->shifts[0]),
        finish_any(filters, sums.s01, at->multipliers[0], at->shifts[0]),
        finish_any(filters, sums.s10, at->multipliers[1], at->shifts[1]),
        finish_any(filters, sums.s11, at->multipliers[1], at->shifts[1]),
    };
    return results;
}

/* The same for one sum, a factor below 1/2 and the whole range of int8; `right` > 0 is the negative shift. */
static inline int32_t finish_fast(int32_t sum, int32_t value, int32_t right, int32_t half, int32_t offset)
{
    const int32_t scaled = multiply_high_rounded(shift_left(sum, 1), value);
    return saturate_s8(((scaled + (scaled >> 31) + half) >> right) + offset);
}

/* Applies `pairs` pairs of filters to both columns and moves the cursor behind them. */
static void multiply_pairs(const uint32_t *columns, const edgeplug_filters *filters, cursor *at, int32_t pairs)
{
    /* A range that int8 has anyway needs no comparison: the usual case, for ReLU's zero is then -128. */
    const bool bounded = filters->activation.min > INT8_MIN || filters->activation.max < INT8_MAX;
    for (; pairs > 0; pairs--) {
        edgeplug_tile sums = {0, 0, 0, 0};
        if (at->bias != NULL) {
            sums.s00 = sums.s01 = at->bias[0];
            sums.s10 = sums.s11 = at->bias[1];
            at->bias += 2;
        }
        at->weights = multiply_groups(&sums, columns, at->weights, filters->depth);
        const int32_t shift0 = at->shifts[0], shift1 = at->shifts[1];
        if (bounded || (shift0 & shift1) >= 0) {
            sums = finish_pair(sums, at, filters);
        } else {
            const int32_t offset = filters->output_offset, half0 = 1 << ~shift0, half1 = 1 << ~shift1;
            sums.s00 = finish_fast(sums.s00, at->multipliers[0], -shift0, half0, offset);
            sums.s01 = finish_fast(sums.s01, at->multipliers[0], -shift0, half0, offset);
            sums.s10 = finish_fast(sums.s10, at->multipliers[1], -shift1, half1, offset);
            sums.s11 = finish_fast(sums.s11, at->multipliers[1], -shift1, half1, offset);
        }
        at->multipliers += 2;
        at->shifts += 2;
        int8_t *const output0 = at->output0, *const output1 = at->output1;
        at->output0 = output0 + 2;
        at->output1 = output1 + 2;
        output0[0] = (int8_t)sums.s00;
        output0[1] = (int8_t)sums.s10;
        output1[0] = (int8_t)sums.s01;
        output1[1] = (int8_t)sums.s11;
    }
}

/* The filter left over when their number is odd: rare, so small rather than fast. */
static __attribute__((noinline)) void multiply_last(const uint32_t *columns, const edgeplug_filters *filters,
                                                    int8_t *const outputs[2])
{
    const int32_t last = filters->channels - 1, depth = filters->depth;
    const int8_t *weights = filters->filters + last * depth;
    for (int32_t column = 0; column < 2; column++) {
        int32_t sum = filters->bias != NULL ? filters->bias[last] : 0;
        for (int32_t i = 0; i < depth; i++) {
            sum += weights[i] * ((const int16_t *)columns)[(i >> 2) * 8 + (i & 1) * 4 + column * 2 + ((i >> 1) & 1)];
        }
        outputs[column][last] = finish_any(filters, sum, filters->multipliers[last], filters->shifts[last]);
    }
}

void edgeplug_multiply_columns(const uint32_t *columns, const edgeplug_filters *filters, int8_t *const outputs[2])
{
    cursor at = {filters->filters, filters->bias, filters->multipliers, filters->shifts, outputs[0], outputs[1]};
    multiply_pairs(columns, filters, &at, filters->channels / 2);
    if (filters->channels & 1) {
        multiply_last(columns, filters, outputs);
    }
}
