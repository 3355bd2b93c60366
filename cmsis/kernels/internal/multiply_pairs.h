/* Pairs of filters times two widened columns (columns.h): where a convolution spends its time.
 *
 * Assembly, because a tile of 2 x 2 sums with its pointers takes every register, and GCC 12 then keeps sums and pointers in
 * memory, which took 1.4 times as long. Register use: r0 state, r1 and r2 weights, r3 columns, r4 count, r5 to r8 sums
 * (filter 0 column 0, filter 0 column 1, filter 1 column 0, filter 1 column 1), r9 to lr temporaries.
 */
#ifndef EDGEPLUG_MULTIPLY_PAIRS_H
#define EDGEPLUG_MULTIPLY_PAIRS_H

#include <stdint.h>

/* Where a run over pairs stands. The assembly knows the offsets. */
typedef struct {
    const uint32_t *columns;    /* 0 */
    int32_t groups;             /* 4: full groups of four weights, at least 1 */
    const int32_t *bias;        /* 8 */
    const int32_t *multipliers; /* 12 */
    const int32_t *shifts;      /* 16: all negative */
    int8_t *output0;            /* 20 */
    int8_t *output1;            /* 24 */
    int32_t offset;             /* 28: the output's zero point */
    int32_t pairs;              /* 32: at least 1 */
    int32_t depth;              /* 36 */
    const int8_t *weights;      /* 40 */
    int32_t tail_shift;         /* 44: bits of a word that a last group of 1 to 3 weights leaves free, or 0 */
} edgeplug_pairs;

#if defined(__ARM_FEATURE_DSP)

#define EDGEPLUG_HAS_PAIRS 1

/* One group: the words of weights are in r11 and r12. */
#define EDGEPLUG_MULTIPLY_GROUP     \
    "ldrd r9, r10, [r3], #8\n\t"    \
    "sxtb16 lr, r11\n\t"            \
    "smlad r5, lr, r9, r5\n\t"      \
    "smlad r6, lr, r10, r6\n\t"     \
    "sxtb16 lr, r12\n\t"            \
    "smlad r7, lr, r9, r7\n\t"      \
    "smlad r8, lr, r10, r8\n\t"     \
    "ldrd r9, r10, [r3], #8\n\t"    \
    "sxtb16 r11, r11, ror #8\n\t"   \
    "sxtb16 r12, r12, ror #8\n\t"   \
    "smlad r5, r11, r9, r5\n\t"     \
    "smlad r6, r11, r10, r6\n\t"    \
    "smlad r7, r12, r9, r7\n\t"     \
    "smlad r8, r12, r10, r8\n\t"

#define EDGEPLUG_LOAD_WEIGHTS       \
    "ldr r11, [r1], #4\n\t"         \
    "ldr r12, [r2], #4\n\t"

/* requantize_twice of two sums: multiplier in `value`, negative shift in `right`, 1 in r9. */
#define EDGEPLUG_RESCALE(sum0, sum1, value, right) \
    "sub r10, " right ", #1\n\t"                   \
    "lsl r10, r9, r10\n\t"                         \
    "lsl " sum0 ", " sum0 ", #1\n\t"               \
    "lsl " sum1 ", " sum1 ", #1\n\t"               \
    "smmulr " sum0 ", " sum0 ", " value "\n\t"     \
    "smmulr " sum1 ", " sum1 ", " value "\n\t"     \
    "add " sum0 ", " sum0 ", " sum0 ", asr #31\n\t" \
    "add " sum1 ", " sum1 ", " sum1 ", asr #31\n\t" \
    "add " sum0 ", " sum0 ", r10\n\t"              \
    "add " sum1 ", " sum1 ", r10\n\t"              \
    "asr " sum0 ", " sum0 ", " right "\n\t"        \
    "asr " sum1 ", " sum1 ", " right "\n\t"

#define EDGEPLUG_SATURATE(sum)           \
    "add " sum ", " sum ", r4\n\t"       \
    "ssat " sum ", #8, " sum "\n\t"

/* Computes and stores all pairs, saturated to int8. Not inline: with its own frame the caller keeps registers of its own. */
static __attribute__((noinline)) void multiply_pairs(edgeplug_pairs *pairs)
{
    register edgeplug_pairs *state __asm__("r0") = pairs;
    __asm__ volatile(
        "ldr r1, [r0, #40]\n\t"
        ".balign 4\n"
        "1:\n\t" /* a pair */
        "ldr r9, [r0, #8]\n\t"
        "ldr r10, [r0, #36]\n\t"
        "ldrd r3, r4, [r0]\n\t"
        "ldrd r5, r7, [r9], #8\n\t"
        "str r9, [r0, #8]\n\t"
        "add r2, r1, r10\n\t"
        "mov r6, r5\n\t"
        "mov r8, r7\n\t"
        /* Two groups a turn; an odd number enters in the middle. */
        "adds r4, #1\n\t"
        "lsrs r4, r4, #1\n\t"
        "bcc 3f\n\t"
        ".balign 4\n"
        "2:\n\t"
        EDGEPLUG_LOAD_WEIGHTS
        EDGEPLUG_MULTIPLY_GROUP
        "3:\n\t"
        EDGEPLUG_LOAD_WEIGHTS
        EDGEPLUG_MULTIPLY_GROUP
        "subs r4, #1\n\t"
        "bne 2b\n\t"
        /* The tail is read from before its start, so that nothing beyond the filter is, and shifted down. */
        "ldr r4, [r0, #44]\n\t"
        "cbz r4, 4f\n\t"
        "sub r1, r1, r4, lsr #3\n\t"
        "sub r2, r2, r4, lsr #3\n\t"
        EDGEPLUG_LOAD_WEIGHTS
        "lsr r11, r11, r4\n\t"
        "lsr r12, r12, r4\n\t"
        EDGEPLUG_MULTIPLY_GROUP
        "4:\n\t"
        "mov r1, r2\n\t"
        "ldrd r9, r10, [r0, #12]\n\t"
        "ldrd r11, r12, [r9], #8\n\t"
        "ldrd r2, r3, [r10], #8\n\t"
        "strd r9, r10, [r0, #12]\n\t"
        "ldr r4, [r0, #28]\n\t"
        "mov r9, #1\n\t"
        "rsb r2, r2, #0\n\t"
        "rsb r3, r3, #0\n\t"
        EDGEPLUG_RESCALE("r5", "r6", "r11", "r2")
        EDGEPLUG_RESCALE("r7", "r8", "r12", "r3")
        "ldrd r9, r10, [r0, #20]\n\t"
        EDGEPLUG_SATURATE("r5")
        EDGEPLUG_SATURATE("r7")
        EDGEPLUG_SATURATE("r6")
        EDGEPLUG_SATURATE("r8")
        "ldr r4, [r0, #32]\n\t"
        "strb r5, [r9], #1\n\t"
        "strb r7, [r9], #1\n\t"
        "strb r6, [r10], #1\n\t"
        "strb r8, [r10], #1\n\t"
        "strd r9, r10, [r0, #20]\n\t"
        "subs r4, #1\n\t"
        "str r4, [r0, #32]\n\t"
        "bne 1b\n\t"
        : "+r"(state)
        :
        : "cc", "memory", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr");
}

#else

#define EDGEPLUG_HAS_PAIRS 0

/* Never reached: edgeplug_suit_pairs() says no without these instructions. */
static inline void multiply_pairs(edgeplug_pairs *pairs)
{
    (void)pairs;
}

#endif

#endif
