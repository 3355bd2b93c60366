/* Two filters times two widened columns (columns.h): where a convolution spends its time. */
#ifndef EDGEPLUG_MULTIPLY_GROUPS_H
#define EDGEPLUG_MULTIPLY_GROUPS_H

#include "cmsis/kernels/internal/simd.h"

/* Sums of filter (first digit) times column (second digit). */
typedef struct {
    int32_t s00, s01, s10, s11;
} edgeplug_tile;

/* Adds the products of one group of four. */
static inline void multiply_group(edgeplug_tile *sums, const uint32_t *group, uint32_t weights0, uint32_t weights1)
{
    const uint32_t even0 = widen_even(weights0), even1 = widen_even(weights1);
    sums->s00 = multiply_lanes(even0, group[0], sums->s00);
    sums->s01 = multiply_lanes(even0, group[1], sums->s01);
    sums->s10 = multiply_lanes(even1, group[0], sums->s10);
    sums->s11 = multiply_lanes(even1, group[1], sums->s11);
    const uint32_t odd0 = widen_odd(weights0), odd1 = widen_odd(weights1);
    sums->s00 = multiply_lanes(odd0, group[2], sums->s00);
    sums->s01 = multiply_lanes(odd0, group[3], sums->s01);
    sums->s10 = multiply_lanes(odd1, group[2], sums->s10);
    sums->s11 = multiply_lanes(odd1, group[3], sums->s11);
}

#if defined(__ARM_FEATURE_DSP)

/* One group: two words of weights, four of columns. */
#define EDGEPLUG_GROUP                                 \
    "ldr %[bytes0], [%[weights0]], #4\n\t"             \
    "ldr %[bytes1], [%[weights1]], #4\n\t"             \
    "ldrd %[column0], %[column1], [%[columns]], #8\n\t" \
    "sxtb16 %[lanes], %[bytes0]\n\t"                   \
    "smlad %[s00], %[lanes], %[column0], %[s00]\n\t"   \
    "smlad %[s01], %[lanes], %[column1], %[s01]\n\t"   \
    "sxtb16 %[lanes], %[bytes1]\n\t"                   \
    "smlad %[s10], %[lanes], %[column0], %[s10]\n\t"   \
    "smlad %[s11], %[lanes], %[column1], %[s11]\n\t"   \
    "ldrd %[column0], %[column1], [%[columns]], #8\n\t" \
    "sxtb16 %[bytes0], %[bytes0], ror #8\n\t"          \
    "sxtb16 %[bytes1], %[bytes1], ror #8\n\t"          \
    "smlad %[s00], %[bytes0], %[column0], %[s00]\n\t"  \
    "smlad %[s01], %[bytes0], %[column1], %[s01]\n\t"  \
    "smlad %[s10], %[bytes1], %[column0], %[s10]\n\t"  \
    "smlad %[s11], %[bytes1], %[column1], %[s11]\n\t"

/* Adds the products of `groups` >= 1 groups and moves the pointers behind them. Two groups a turn; an odd number enters in
 * the middle. Assembly because GCC 12 spills sums and splits LDRD here, which doubles the time.
 */
static inline void multiply_full_groups(edgeplug_tile *sums, const uint32_t **columns, const int8_t **weights0,
                                        const int8_t **weights1, int32_t groups)
{
    uint32_t bytes0, bytes1, column0, column1, lanes;
    __asm__ volatile(
        "adds %[groups], #1\n\t"
        "lsrs %[groups], %[groups], #1\n\t"
        "bcc 2f\n\t"
        ".balign 4\n"
        "1:\n\t" EDGEPLUG_GROUP "2:\n\t" EDGEPLUG_GROUP
        "subs %[groups], #1\n\t"
        "bne 1b\n\t"
        : [s00] "+r"(sums->s00), [s01] "+r"(sums->s01), [s10] "+r"(sums->s10), [s11] "+r"(sums->s11),
          [columns] "+r"(*columns), [weights0] "+r"(*weights0), [weights1] "+r"(*weights1), [groups] "+l"(groups),
          [bytes0] "=&r"(bytes0), [bytes1] "=&r"(bytes1), [column0] "=&r"(column0), [column1] "=&r"(column1),
          [lanes] "=&r"(lanes)
        :
        : "cc", "memory");
}

#else

static inline void multiply_full_groups(edgeplug_tile *sums, const uint32_t **columns, const int8_t **weights0,
                                        const int8_t **weights1, int32_t groups)
{
    for (; groups > 0; groups--, *columns += 4, *weights0 += 4, *weights1 += 4) {
        multiply_group(sums, *columns, load_4(*weights0), load_4(*weights1));
    }
}

#endif

/* Adds two filters of `depth` >= 1 weights, one behind the other, times both columns. Returns where the weights end. */
static inline const int8_t *multiply_groups(edgeplug_tile *sums, const uint32_t *columns, const int8_t *weights,
                                            int32_t depth)
{
    const int8_t *weights0 = weights, *weights1 = weights + depth;
    const int32_t tail = depth & 3;
    if (depth >= 4) {
        multiply_full_groups(sums, &columns, &weights0, &weights1, depth >> 2);
    }
    if (tail != 0) {
        multiply_group(sums, columns, load_part(weights0, tail), load_part(weights1, tail));
    }
    return weights1 + tail;
}

#endif
