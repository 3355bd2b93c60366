/* Four filters times one input: where a fully connected layer spends its time. */
#ifndef EDGEPLUG_MULTIPLY_ROWS_H
#define EDGEPLUG_MULTIPLY_ROWS_H

#include "cmsis/kernels/internal/simd.h"

#define EDGEPLUG_ROWS 4

#if defined(__ARM_FEATURE_DSP)

#define EDGEPLUG_ROW(sum)                                \
    "sxtb16 %[lanes], %[weights]\n\t"                    \
    "smlad %[" sum "], %[lanes], %[even], %[" sum "]\n\t" \
    "sxtb16 %[weights], %[weights], ror #8\n\t"          \
    "smlad %[" sum "], %[weights], %[odd], %[" sum "]\n\t"

/* Adds filters `stride` bytes apart times input + offsets, groups of four from `*input` up to `stop` (at least one).
 * Assembly because it takes every register there is, and GCC 12 keeps some of these in memory.
 */
static inline void multiply_row_groups(int32_t sums[EDGEPLUG_ROWS], const int8_t **filters, int32_t stride,
                                       const int8_t **input, int32_t groups, uint32_t offsets)
{
    int32_t sum0 = sums[0], sum1 = sums[1], sum2 = sums[2], sum3 = sums[3];
    const int8_t *row0 = *filters, *row3 = row0 + 3 * stride;
    uint32_t even, odd, weights, lanes;
    __asm__ volatile(
        ".balign 4\n"
        "1:\n\t"
        "ldr %[odd], [%[input]], #4\n\t"
        "ldr %[weights], [%[row0], %[stride]]\n\t"
        "sxtab16 %[even], %[offsets], %[odd]\n\t"
        "sxtab16 %[odd], %[offsets], %[odd], ror #8\n\t"
        EDGEPLUG_ROW("sum1")
        "ldr %[weights], [%[row0], %[stride], lsl #1]\n\t"
        EDGEPLUG_ROW("sum2")
        "ldr %[weights], [%[row0]], #4\n\t"
        EDGEPLUG_ROW("sum0")
        "ldr %[weights], [%[row3]], #4\n\t"
        EDGEPLUG_ROW("sum3")
        "subs %[groups], #1\n\t"
        "bne 1b\n\t"
        : [sum0] "+r"(sum0), [sum1] "+r"(sum1), [sum2] "+r"(sum2), [sum3] "+r"(sum3), [row0] "+r"(row0),
          [row3] "+r"(row3), [input] "+r"(*input), [groups] "+l"(groups), [even] "=&r"(even), [odd] "=&r"(odd),
          [weights] "=&r"(weights), [lanes] "=&r"(lanes)
        : [stride] "r"(stride), [offsets] "r"(offsets)
        : "cc", "memory");
    *filters = row0;
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

#else

static inline void multiply_row_groups(int32_t sums[EDGEPLUG_ROWS], const int8_t **filters, int32_t stride,
                                       const int8_t **input, int32_t groups, uint32_t offsets)
{
    for (; groups > 0; groups--, *filters += 4, *input += 4) {
        const uint32_t values = load_4(*input);
        for (int32_t row = 0; row < EDGEPLUG_ROWS; row++) {
            const uint32_t weights = load_4(*filters + row * stride);
            sums[row] = multiply_lanes(widen_even(weights), widen_even_add(offsets, values), sums[row]);
            sums[row] = multiply_lanes(widen_odd(weights), widen_odd_add(offsets, values), sums[row]);
        }
    }
}

#endif

/* Adds four filters of `depth` >= 1 weights, one behind the other, times input + offset. */
static inline void multiply_rows(int32_t sums[EDGEPLUG_ROWS], const int8_t *filters, const int8_t *input, int32_t depth,
                                 int32_t offset)
{
    if (depth >= 4) {
        const uint32_t offsets = ((uint32_t)offset & 0xFFFFu) | ((uint32_t)offset << 16);
        multiply_row_groups(sums, &filters, depth, &input, depth >> 2, offsets);
    }
    for (int32_t i = 0; i < (depth & 3); i++) {
        for (int32_t row = 0; row < EDGEPLUG_ROWS; row++) {
            sums[row] += (input[i] + offset) * filters[row * depth + i];
        }
    }
}

#endif
