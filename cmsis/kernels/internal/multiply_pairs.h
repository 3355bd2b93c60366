/* Pairs of filters times four widened columns (columns.h): where a convolution spends its time.
 *
 * Assembly, because a tile of 2 x 4 sums with its pointers takes every register, and GCC 12 then keeps sums and pointers in
 * memory. Register use in the loop: r0 columns, r1 weights of the first filter, r2 length of a filter (the second one
 * follows it), r4 to r7 sums of the first filter by column, r8 to r11 of the second, r3, r12 and lr temporaries. What else
 * the loop needs lies on the stack: the state at 0, the end of the columns at 4,
 * tail_shift at 8.
 */
#ifndef EDGEPLUG_MULTIPLY_PAIRS_H
#define EDGEPLUG_MULTIPLY_PAIRS_H

#include <stdint.h>

/* Where a run over pairs stands. The assembly knows the offsets. */
typedef struct {
    const int8_t *weights;      /* 0 */
    int32_t depth;              /* 4: of a filter, at least 4 */
    int8_t *output;             /* 8: of the first column */
    int32_t step;               /* 12: from one column's output to the next one's; 0 if only the first column counts */
    const int32_t *multipliers; /* 16 */
    const int32_t *shifts;      /* 20: in [-22, -1] */
    const int32_t *bias;        /* 24 */
    int32_t bias_step;          /* 28: bytes of bias for a pair */
    const uint32_t *columns;    /* 32 */
    int32_t tail_shift;         /* 36: bits of a word that a last group of 1 to 3 weights leaves free, or 0 */
    int32_t offset;             /* 40: twice the output's zero point, plus 1 */
    int32_t pairs;              /* 44: at least 1 */
} edgeplug_pairs;

#if defined(__ARM_FEATURE_DSP)

#define EDGEPLUG_HAS_PAIRS 1

#define EDGEPLUG_MULTIPLY_COLUMN(sum0, sum1) \
    "ldr.w lr, [r0], #4\n\t"                 \
    "smlad " sum0 ", r12, lr, " sum0 "\n\t"  \
    "smlad " sum1 ", r3, lr, " sum1 "\n\t"

/* Even or odd values of a group. Reading the weights again for the other half costs less than keeping them. */
#define EDGEPLUG_MULTIPLY_HALF(step, prepare, rotation) \
    "ldr.w r3, [r1, r2]\n\t"                            \
    "ldr.w r12, [r1]" step "\n\t"                       \
    prepare                                             \
    "sxtb16 r3, r3" rotation "\n\t"                     \
    "sxtb16 r12, r12" rotation "\n\t"                   \
    EDGEPLUG_MULTIPLY_COLUMN("r4", "r8")                \
    EDGEPLUG_MULTIPLY_COLUMN("r5", "r9")                \
    EDGEPLUG_MULTIPLY_COLUMN("r6", "r10")               \
    EDGEPLUG_MULTIPLY_COLUMN("r7", "r11")

#define EDGEPLUG_MULTIPLY_GROUP(prepare)                \
    EDGEPLUG_MULTIPLY_HALF("", prepare, "")             \
    EDGEPLUG_MULTIPLY_HALF(", #4", prepare, ", ror #8")

/* A tail is read from before its start, so that nothing beyond the filter is, and shifted down. */
#define EDGEPLUG_SHIFT_TAIL   \
    "ldr lr, [sp, #8]\n\t"    \
    "lsr r3, r3, lr\n\t"      \
    "lsr r12, r12, lr\n\t"

/* requantize_twice of a sum, the output's zero point and saturation: factor, right shift, and in r2 what is to be added. */
#define EDGEPLUG_RESCALE(sum, value, right)         \
    "lsl " sum ", " sum ", #1\n\t"                  \
    "smmulr " sum ", " sum ", " value "\n\t"        \
    "add " sum ", " sum ", " sum ", asr #31\n\t"    \
    "add " sum ", " sum ", r2\n\t"                  \
    "asr " sum ", " sum ", " right "\n\t"           \
    "ssat " sum ", #8, " sum "\n\t"

/* The half that rounds and the zero point, both shifted left: (2 * zero point + 1) * 2^(right - 1); `right` holds the shift. */
#define EDGEPLUG_RESCALE_FILTER(value, right, sum0, sum1, sum2, sum3) \
    "ldr.w r2, [r0, #40]\n\t"                                         \
    "mvn " right ", " right "\n\t"                                    \
    "lsl r2, r2, " right "\n\t"                                       \
    "add " right ", " right ", #1\n\t"                                \
    EDGEPLUG_RESCALE(sum0, value, right)                              \
    EDGEPLUG_RESCALE(sum1, value, right)                              \
    EDGEPLUG_RESCALE(sum2, value, right)                              \
    EDGEPLUG_RESCALE(sum3, value, right)

/* Computes and stores all pairs, saturated to int8. Not inline: with its own frame the caller keeps registers of its own. */
static __attribute__((noinline)) void multiply_pairs(edgeplug_pairs *pairs)
{
    register edgeplug_pairs *state __asm__("r0") = pairs;
    __asm__ volatile(
        /* The end of the columns' full groups: 8 bytes for each weight. */
        "ldr r1, [r0, #4]\n\t"
        "ldrd r2, r3, [r0, #32]\n\t"
        "bic r1, r1, #3\n\t"
        "add r2, r2, r1, lsl #3\n\t"
        "push {r0, r2, r3}\n\t"
        ".balign 4\n"
        "1:\n\t" /* a pair */
        "ldrd r1, r2, [r0, #24]\n\t"
        "ldrd r4, r8, [r1]\n\t"
        "add.w r1, r1, r2\n\t"
        "str.w r1, [r0, #24]\n\t"
        "ldrd r1, r2, [r0]\n\t"
        "ldr.w r0, [r0, #32]\n\t"
        "mov.w r5, r4\n\t"
        "mov.w r6, r4\n\t"
        "mov.w r7, r4\n\t"
        "mov.w r9, r8\n\t"
        "mov.w r10, r8\n\t"
        "mov.w r11, r8\n\t"
        /* Two groups a turn; an odd number enters in the middle. */
        "lsls.w r3, r2, #29\n\t"
        "bmi 3f\n\t"
        ".balign 4\n"
        "2:\n\t"
        EDGEPLUG_MULTIPLY_GROUP("")
        "3:\n\t"
        EDGEPLUG_MULTIPLY_GROUP("")
        "ldr.w r3, [sp, #4]\n\t"
        "cmp.w r0, r3\n\t"
        "bne.w 2b\n\t"
        "ldr r3, [sp, #8]\n\t"
        "cmp r3, #0\n\t"
        "beq 4f\n\t"
        "sub r1, r1, r3, lsr #3\n\t"
        EDGEPLUG_MULTIPLY_GROUP(EDGEPLUG_SHIFT_TAIL)
        ".balign 4\n"
        "4:\n\t"
        "ldr.w r0, [sp]\n\t"
        "ldrd r1, r2, [r0, #16]\n\t"
        "ldrd r3, r12, [r1], #8\n\t"
        "str.w r1, [r0, #16]\n\t"
        "ldrd r1, lr, [r2], #8\n\t"
        "str.w r2, [r0, #20]\n\t"
        EDGEPLUG_RESCALE_FILTER("r3", "r1", "r4", "r5", "r6", "r7")
        EDGEPLUG_RESCALE_FILTER("r12", "lr", "r8", "r9", "r10", "r11")
        /* The first column last: with step 0 it is the one that stays. */
        "ldrd r1, r2, [r0, #8]\n\t"
        "add.w r3, r1, r2, lsl #1\n\t"
        "add.w r12, r1, r2\n\t"
        "add.w lr, r3, r2\n\t"
        "strb.w r7, [lr]\n\t"
        "strb.w r11, [lr, #1]\n\t"
        "strb.w r6, [r3]\n\t"
        "strb.w r10, [r3, #1]\n\t"
        "strb.w r5, [r12]\n\t"
        "strb.w r9, [r12, #1]\n\t"
        "strb.w r4, [r1], #1\n\t"
        "strb.w r8, [r1], #1\n\t"
        "str.w r1, [r0, #8]\n\t"
        "ldrd r1, r2, [r0]\n\t"
        "ldr.w r3, [r0, #44]\n\t"
        "add.w r1, r1, r2, lsl #1\n\t"
        "str.w r1, [r0]\n\t"
        "subs.w r3, r3, #1\n\t"
        "str.w r3, [r0, #44]\n\t"
        "bne.w 1b\n\t"
        "add sp, #12\n\t"
        : "+r"(state)
        :
        : "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
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
