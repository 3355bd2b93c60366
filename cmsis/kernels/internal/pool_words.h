/* The inner loops of pooling: words of four channels, four taps at a time.
 *
 * A square of taps: two words at `taps` and `right` bytes further, two at `below` and `right` bytes further. In assembly,
 * because loads take one cycle each only when they follow each other, and GCC 12 scatters them. Without the packed
 * instructions EDGEPLUG_POOL_WORDS is 0 and the caller goes channel by channel.
 */
#ifndef EDGEPLUG_POOL_WORDS_H
#define EDGEPLUG_POOL_WORDS_H

#include "cmsis/kernels/internal/simd.h"

/* Sums for four channels by int16 lanes: of bytes 0 and 2, and of bytes 1 and 3. */
typedef struct {
    uint32_t even, odd;
} edgeplug_lanes;

#define EDGEPLUG_LANE_TAPS 256 /* that many taps fit into a lane */

/* Where the squares and the results of a run of words lie. The functions advance what they use. */
typedef struct {
    const int8_t *taps, *below;
    const int8_t *before; /* what was found so far */
    int8_t *output;
} edgeplug_squares;

#if defined(__ARM_FEATURE_DSP)

#define EDGEPLUG_POOL_WORDS 1

#define EDGEPLUG_LOAD_SQUARE(advance)               \
    ".balign 4\n"                                   \
    "1:\n\t"                                        \
    "ldr.w %[b], [%[taps], %[right]]\n\t"           \
    "ldr.w %[d], [%[below], %[right]]\n\t"          \
    "ldr.w %[a], [%[taps]]" advance "\n\t"          \
    "ldr.w %[c], [%[below]]" advance "\n\t"

#define EDGEPLUG_LARGER(word)                   \
    "ssub8 %[spare], %[a], " word "\n\t"        \
    "sel %[a], %[a], " word "\n\t"

/* Writes the largest bytes of squares and `before`; `words` is at least 1. */
static inline void largest_of_squares(edgeplug_squares *squares, int32_t right, int32_t words)
{
    uint32_t a, b, c, d, e, spare;
    __asm__ volatile(
        EDGEPLUG_LOAD_SQUARE(", #4")
        "ldr.w %[e], [%[before]], #4\n\t"
        EDGEPLUG_LARGER("%[b]")
        EDGEPLUG_LARGER("%[c]")
        EDGEPLUG_LARGER("%[d]")
        EDGEPLUG_LARGER("%[e]")
        "str.w %[a], [%[output]], #4\n\t"
        "subs.w %[words], %[words], #1\n\t"
        "bne.w 1b\n\t"
        : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e), [spare] "=&r"(spare),
          [taps] "+r"(squares->taps), [below] "+r"(squares->below), [before] "+r"(squares->before),
          [output] "+r"(squares->output), [words] "+r"(words)
        : [right] "r"(right)
        : "cc", "memory");
}

#define EDGEPLUG_WIDEN_ADD(word)                                \
    "sxtab16 %[even], %[even], " word "\n\t"                    \
    "sxtab16 %[odd], %[odd], " word ", ror #8\n\t"

/* Writes quarters of the sums of squares, halves away from zero; `words` is at least 1.
 * A quarter of a sum s is floor((s + 1 + (s >= -1)) / 4): lanes start at 1, and a sign bit that is missing adds another.
 */
static inline void average_squares(edgeplug_squares *squares, int32_t right, int32_t words)
{
    uint32_t a, b, c, d, even, odd;
    __asm__ volatile(
        EDGEPLUG_LOAD_SQUARE(", #4")
        "sxtab16 %[even], %[ones], %[a]\n\t"
        "sxtab16 %[odd], %[ones], %[a], ror #8\n\t"
        EDGEPLUG_WIDEN_ADD("%[b]")
        EDGEPLUG_WIDEN_ADD("%[c]")
        EDGEPLUG_WIDEN_ADD("%[d]")
        "bic %[a], %[ones], %[even], lsr #15\n\t"
        "bic %[b], %[ones], %[odd], lsr #15\n\t"
        "add.w %[even], %[even], %[a]\n\t"
        "add.w %[odd], %[odd], %[b]\n\t"
        "and %[even], %[bytes], %[even], lsr #2\n\t"
        "and %[odd], %[bytes], %[odd], lsr #2\n\t"
        "orr %[even], %[even], %[odd], lsl #8\n\t"
        "str.w %[even], [%[output]], #4\n\t"
        "subs.w %[words], %[words], #1\n\t"
        "bne.w 1b\n\t"
        : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [even] "=&r"(even), [odd] "=&r"(odd),
          [taps] "+r"(squares->taps), [below] "+r"(squares->below), [output] "+r"(squares->output), [words] "+r"(words)
        : [right] "r"(right), [ones] "r"(0x00010001), [bytes] "r"(0x00FF00FF)
        : "cc", "memory");
}

/* Adds `fours` (at least 1) times four taps, `step` bytes apart. Returns the end. */
static inline const int8_t *add_fours(edgeplug_lanes *lanes, const int8_t *taps, int32_t step, int32_t fours)
{
    const int8_t *below = taps + 2 * step;
    uint32_t a, b, c, d;
    __asm__ volatile(
        EDGEPLUG_LOAD_SQUARE("")
        EDGEPLUG_WIDEN_ADD("%[a]")
        EDGEPLUG_WIDEN_ADD("%[b]")
        EDGEPLUG_WIDEN_ADD("%[c]")
        EDGEPLUG_WIDEN_ADD("%[d]")
        "add.w %[taps], %[taps], %[right], lsl #2\n\t"
        "add.w %[below], %[below], %[right], lsl #2\n\t"
        "subs.w %[fours], %[fours], #1\n\t"
        "bne.w 1b\n\t"
        : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [even] "+r"(lanes->even), [odd] "+r"(lanes->odd),
          [taps] "+r"(taps), [below] "+r"(below), [fours] "+r"(fours)
        : [right] "r"(step)
        : "cc", "memory");
    return taps;
}

#else

#define EDGEPLUG_POOL_WORDS 0

static inline const int8_t *add_fours(edgeplug_lanes *lanes, const int8_t *taps, int32_t step, int32_t fours)
{
    (void)lanes, (void)step, (void)fours;
    return taps;
}

static inline void largest_of_squares(edgeplug_squares *squares, int32_t right, int32_t words)
{
    (void)squares, (void)right, (void)words;
}

static inline void average_squares(edgeplug_squares *squares, int32_t right, int32_t words)
{
    (void)squares, (void)right, (void)words;
}

#endif

/* Adds one tap. */
static inline void add_one(edgeplug_lanes *lanes, const int8_t *tap)
{
    const uint32_t bytes = load_4(tap);
    lanes->even = widen_even_add(lanes->even, bytes);
    lanes->odd = widen_odd_add(lanes->odd, bytes);
}

/* Adds `count` taps, `step` bytes apart. */
static inline void add_taps(edgeplug_lanes *lanes, const int8_t *taps, int32_t step, int32_t count)
{
    if (EDGEPLUG_POOL_WORDS && count >= 4) {
        taps = add_fours(lanes, taps, step, count / 4);
        count %= 4;
    }
    for (; count > 0; count--, taps += step) {
        add_one(lanes, taps);
    }
}

#endif
