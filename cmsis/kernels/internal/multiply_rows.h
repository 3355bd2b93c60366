/* Tiles of four filters times one widened input: where a fully connected layer spends its time.
 *
 * The input is widened as in columns.h, with one column: a group of four values is two words, values 0 and 2, 1 and 3.
 * Assembly, because the loop takes every register, and GCC 12 keeps some of these in memory. Register use in the loop: r1
 * weights of the first filter, r2 length of a filter, r3 weights of the fourth, r4 to r7 sums, r8 values, r9 count, the rest
 * temporaries. The state is at the top of the stack.
 */
#ifndef EDGEPLUG_MULTIPLY_ROWS_H
#define EDGEPLUG_MULTIPLY_ROWS_H

#include <stdint.h>

#define EDGEPLUG_ROWS 4

/* Where a run over tiles stands. The assembly knows the offsets. */
typedef struct {
    const int8_t *weights;      /* 0 */
    int32_t depth;              /* 4: of a filter, at least 4 */
    const uint32_t *values;     /* 8 */
    int32_t groups;             /* 12: full groups of four values, plus 1 */
    int32_t tail_shift;         /* 16: bits of a word that a last group of 1 to 3 weights leaves free, or 0 */
    const int32_t *bias;        /* 20 */
    int32_t bias_step;          /* 24: bytes of bias for a tile */
    const int32_t *multipliers; /* 28 */
    const int32_t *shifts;      /* 32: in [-22, -1] */
    int32_t quant_step;         /* 36: bytes from one filter's multiplier to the next one's */
    int32_t offset;             /* 40: twice the output's zero point, plus 1 */
    int8_t *output;             /* 44 */
    int32_t tiles;              /* 48: at least 1 */
} edgeplug_tiles;

#if defined(__ARM_FEATURE_DSP)

#define EDGEPLUG_HAS_TILES 1

#define EDGEPLUG_ROW(sum, weights)                      \
    "sxtb16 r0, " weights "\n\t"                        \
    "smlad " sum ", r0, r10, " sum "\n\t"               \
    "sxtb16 " weights ", " weights ", ror #8\n\t"       \
    "smlad " sum ", " weights ", r11, " sum "\n\t"

/* One group; `prepare` may change the words of weights, r12 and lr. */
#define EDGEPLUG_ROW_GROUP(prepare)             \
    "ldrd r10, r11, [r8], #8\n\t"               \
    "ldr.w r12, [r1, r2]\n\t"                   \
    "ldr.w lr, [r1, r2, lsl #1]\n\t"            \
    prepare                                     \
    EDGEPLUG_ROW("r5", "r12")                   \
    EDGEPLUG_ROW("r6", "lr")                    \
    "ldr.w r12, [r1], #4\n\t"                   \
    "ldr.w lr, [r3], #4\n\t"                    \
    prepare                                     \
    EDGEPLUG_ROW("r4", "r12")                   \
    EDGEPLUG_ROW("r7", "lr")

#define EDGEPLUG_SHIFT_ROW_TAIL \
    "lsr r12, r12, r9\n\t"      \
    "lsr lr, lr, r9\n\t"

/* requantize_once of a sum, the output's zero point, saturation: multiply_pairs.h tells what is added before the shift. */
#define EDGEPLUG_FINISH_ROW(sum)        \
    "ldr.w r2, [r9]\n\t"                \
    "ldr.w r1, [r8]\n\t"                \
    "add.w r8, r8, r10\n\t"             \
    "add.w r9, r9, r10\n\t"             \
    "mvn r2, r2\n\t"                    \
    "lsl r3, r11, r2\n\t"               \
    "add r2, r2, #1\n\t"                \
    "lsl " sum ", " sum ", #1\n\t"      \
    "smmul " sum ", " sum ", r1\n\t"    \
    "add " sum ", " sum ", r3\n\t"      \
    "asr " sum ", " sum ", r2\n\t"      \
    "ssat " sum ", #8, " sum "\n\t"     \
    "strb " sum ", [r12], #1\n\t"

/* Computes and stores all tiles, saturated to int8. Not inline: with its own frame the caller keeps registers of its own. */
static __attribute__((noinline)) void multiply_tiles(edgeplug_tiles *tiles)
{
    register edgeplug_tiles *state __asm__("r0") = tiles;
    __asm__ volatile(
        "push {r0}\n"
        "1:\n\t" /* a tile */
        "ldrd r1, r2, [r0, #20]\n\t"
        "ldmia r1, {r4, r5, r6, r7}\n\t"
        "add r1, r1, r2\n\t"
        "str r1, [r0, #20]\n\t"
        "ldrd r8, r9, [r0, #8]\n\t"
        "ldrd r1, r2, [r0]\n\t"
        "add r3, r2, r2, lsl #1\n\t"
        "add r3, r3, r1\n\t"
        /* Two groups a turn; an odd number enters in the middle. */
        "lsrs r9, r9, #1\n\t"
        "bcc 3f\n\t"
        ".balign 4\n"
        "2:\n\t"
        EDGEPLUG_ROW_GROUP("")
        "3:\n\t"
        EDGEPLUG_ROW_GROUP("")
        "subs.w r9, r9, #1\n\t"
        "bne.w 2b\n\t"
        "ldr r0, [sp]\n\t"
        "ldr.w r9, [r0, #16]\n\t"
        "cmp r9, #0\n\t"
        "beq 4f\n\t"
        /* A tail is read from before its start, so that nothing beyond the filter is, and shifted down. */
        "sub r1, r1, r9, lsr #3\n\t"
        "sub r3, r3, r9, lsr #3\n\t"
        EDGEPLUG_ROW_GROUP(EDGEPLUG_SHIFT_ROW_TAIL)
        "ldr r0, [sp]\n\t"
        ".balign 4\n"
        "4:\n\t"
        "ldrd r8, r9, [r0, #28]\n\t"
        "ldrd r10, r11, [r0, #36]\n\t"
        "ldr.w r12, [r0, #44]\n\t"
        EDGEPLUG_FINISH_ROW("r4")
        EDGEPLUG_FINISH_ROW("r5")
        EDGEPLUG_FINISH_ROW("r6")
        EDGEPLUG_FINISH_ROW("r7")
        "strd r8, r9, [r0, #28]\n\t"
        "str.w r12, [r0, #44]\n\t"
        "ldrd r1, r2, [r0]\n\t"
        "ldr.w r3, [r0, #48]\n\t"
        "add.w r1, r1, r2, lsl #2\n\t"
        "str.w r1, [r0]\n\t"
        "subs.w r3, r3, #1\n\t"
        "str.w r3, [r0, #48]\n\t"
        "bne.w 1b\n\t"
        "add sp, #4\n\t"
        : "+r"(state)
        :
        : "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

#else

#define EDGEPLUG_HAS_TILES 0

/* Never reached: without these instructions filters are multiplied one by one. */
static inline void multiply_tiles(edgeplug_tiles *tiles)
{
    (void)tiles;
}

#endif

#endif
