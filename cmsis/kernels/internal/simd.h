/* The Cortex-M4's packed instructions as inline functions, and the same in C for other machines.
 *
 * A packed word holds two int16 lanes (low, high) or four int8 lanes. Why not <arm_acle.h> alone: GCC 12 does not fold the
 * rotation into SXTB16 and SXTAB16, and has no intrinsic for SMMULR.
 */
#ifndef EDGEPLUG_SIMD_H
#define EDGEPLUG_SIMD_H

#include <stdint.h>
#include <string.h>

/* Four bytes of any alignment. */
static inline uint32_t load_4(const int8_t *source)
{
    uint32_t word;
    memcpy(&word, source, sizeof word);
    return word;
}

/* Two int16 of any alignment. */
static inline uint32_t load_2(const int16_t *source)
{
    uint32_t word;
    memcpy(&word, source, sizeof word);
    return word;
}

/* To any alignment. */
static inline void store_4(int8_t *target, uint32_t word)
{
    memcpy(target, &word, sizeof word);
}

/* memcpy for runs of a few bytes, where a call would take longer. */
static inline void copy_bytes(int8_t *target, const int8_t *source, int32_t count)
{
    for (; count >= 4; count -= 4, target += 4, source += 4) {
        store_4(target, load_4(source));
    }
    for (; count > 0; count--) {
        *target++ = *source++;
    }
}

/* The first `count` (1 to 3) bytes in the low bytes, zeros above; nothing beyond them is read. */
static inline uint32_t load_part(const int8_t *source, int32_t count)
{
    uint32_t bytes = (uint8_t)source[0];
    if (count > 1) {
        bytes |= (uint32_t)(uint8_t)source[1] << 8;
    }
    if (count > 2) {
        bytes |= (uint32_t)(uint8_t)source[2] << 16;
    }
    return bytes;
}

#if defined(__ARM_FEATURE_DSP)

/* Bytes 0 and 2 as int16 lanes. */
static inline uint32_t widen_even(uint32_t bytes)
{
    uint32_t lanes;
    __asm__("sxtb16 %0, %1" : "=r"(lanes) : "r"(bytes));
    return lanes;
}

/* Bytes 1 and 3 as int16 lanes. */
static inline uint32_t widen_odd(uint32_t bytes)
{
    uint32_t lanes;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(lanes) : "r"(bytes));
    return lanes;
}

/* widen_even(bytes) + lanes, lane by lane. */
static inline uint32_t widen_even_add(uint32_t lanes, uint32_t bytes)
{
    uint32_t sum;
    __asm__("sxtab16 %0, %1, %2" : "=r"(sum) : "r"(lanes), "r"(bytes));
    return sum;
}

/* widen_odd(bytes) + lanes, lane by lane. */
static inline uint32_t widen_odd_add(uint32_t lanes, uint32_t bytes)
{
    uint32_t sum;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(sum) : "r"(lanes), "r"(bytes));
    return sum;
}

/* accumulator + the products of both lanes. */
static inline int32_t multiply_lanes(uint32_t a, uint32_t b, int32_t accumulator)
{
    int32_t sum;
    __asm__("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(accumulator));
    return sum;
}

/* accumulator + the products of both lanes, in 64 bits. */
static inline int64_t multiply_lanes_long(uint32_t a, uint32_t b, int64_t accumulator)
{
    __asm__("smlald %Q0, %R0, %1, %2" : "+r"(accumulator) : "r"(a), "r"(b));
    return accumulator;
}

/* accumulator + the product of the low lanes. */
static inline int32_t multiply_low(uint32_t a, uint32_t b, int32_t accumulator)
{
    int32_t sum;
    __asm__("smlabb %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(accumulator));
    return sum;
}

/* accumulator + the product of the high lanes. */
static inline int32_t multiply_top(uint32_t a, uint32_t b, int32_t accumulator)
{
    int32_t sum;
    __asm__("smlatt %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(accumulator));
    return sum;
}

/* The low lanes of both, that of `a` below. */
static inline uint32_t pair_low(uint32_t a, uint32_t b)
{
    uint32_t lanes;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(lanes) : "r"(a), "r"(b));
    return lanes;
}

/* The high lanes of both, that of `a` below. */
static inline uint32_t pair_top(uint32_t a, uint32_t b)
{
    uint32_t lanes;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(lanes) : "r"(b), "r"(a));
    return lanes;
}

/* accumulator + floor(factor * low lane / 2^16). */
static inline int32_t scale_low(int32_t factor, uint32_t lanes, int32_t accumulator)
{
    int32_t sum;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(sum) : "r"(factor), "r"(lanes), "r"(accumulator));
    return sum;
}

/* accumulator + floor(factor * high lane / 2^16). */
static inline int32_t scale_top(int32_t factor, uint32_t lanes, int32_t accumulator)
{
    int32_t sum;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(sum) : "r"(factor), "r"(lanes), "r"(accumulator));
    return sum;
}

/* The nearest int8. */
static inline int32_t saturate_s8(int32_t x)
{
    int32_t nearest;
    __asm__("ssat %0, #8, %1" : "=r"(nearest) : "r"(x));
    return nearest;
}

/* floor(a * b / 2^32). */
static inline int32_t multiply_high(int32_t a, int32_t b)
{
    int32_t high;
    __asm__("smmul %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
}

/* floor(a * b / 2^32 + 1/2). */
static inline int32_t multiply_high_rounded(int32_t a, int32_t b)
{
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
}

#else

static inline uint32_t pack_lanes(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | ((uint32_t)high << 16);
}

static inline uint32_t widen_even(uint32_t bytes)
{
    return pack_lanes((int8_t)bytes, (int8_t)(bytes >> 16));
}

static inline uint32_t widen_odd(uint32_t bytes)
{
    return widen_even(bytes >> 8);
}

static inline uint32_t widen_even_add(uint32_t lanes, uint32_t bytes)
{
    return pack_lanes((int16_t)lanes + (int8_t)bytes, (int16_t)(lanes >> 16) + (int8_t)(bytes >> 16));
}

static inline uint32_t widen_odd_add(uint32_t lanes, uint32_t bytes)
{
    return widen_even_add(lanes, bytes >> 8);
}

static inline int32_t multiply_lanes(uint32_t a, uint32_t b, int32_t accumulator)
{
    const uint32_t low = (uint32_t)((int16_t)a * (int16_t)b), high = (uint32_t)((int16_t)(a >> 16) * (int16_t)(b >> 16));
    return (int32_t)((uint32_t)accumulator + low + high);
}

static inline int64_t multiply_lanes_long(uint32_t a, uint32_t b, int64_t accumulator)
{
    return accumulator + (int16_t)a * (int16_t)b + (int64_t)((int16_t)(a >> 16) * (int16_t)(b >> 16));
}

static inline int32_t multiply_low(uint32_t a, uint32_t b, int32_t accumulator)
{
    return accumulator + (int16_t)a * (int16_t)b;
}

static inline int32_t multiply_top(uint32_t a, uint32_t b, int32_t accumulator)
{
    return accumulator + (int16_t)(a >> 16) * (int16_t)(b >> 16);
}

static inline uint32_t pair_low(uint32_t a, uint32_t b)
{
    return (a & 0xFFFFu) | (b << 16);
}

static inline uint32_t pair_top(uint32_t a, uint32_t b)
{
    return (a >> 16) | (b & 0xFFFF0000u);
}

static inline int32_t scale_low(int32_t factor, uint32_t lanes, int32_t accumulator)
{
    return accumulator + (int32_t)((int64_t)factor * (int16_t)lanes >> 16);
}

static inline int32_t scale_top(int32_t factor, uint32_t lanes, int32_t accumulator)
{
    return scale_low(factor, lanes >> 16, accumulator);
}

static inline int32_t saturate_s8(int32_t x)
{
    return x < INT8_MIN ? INT8_MIN : x > INT8_MAX ? INT8_MAX : x;
}

static inline int32_t multiply_high(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
}

static inline int32_t multiply_high_rounded(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32);
}

#endif

#endif
