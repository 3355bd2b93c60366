/* The larger and the smaller of int8 values, four at a time. */
#ifndef EDGEPLUG_BYTES_H
#define EDGEPLUG_BYTES_H

#include "arm_nn_types.h"

#include "cmsis/kernels/internal/simd.h"

/* Four copies of a value. */
static inline uint32_t splat(int32_t value)
{
    return (uint8_t)value * 0x01010101u;
}

#if defined(__ARM_FEATURE_DSP)

static inline uint32_t max_bytes(uint32_t a, uint32_t b)
{
    uint32_t larger;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b) : "cc");
    return larger;
}

static inline uint32_t min_bytes(uint32_t a, uint32_t b)
{
    uint32_t smaller;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(smaller) : "r"(a), "r"(b) : "cc");
    return smaller;
}

#else

static inline uint32_t max_bytes(uint32_t a, uint32_t b)
{
    uint32_t larger = 0;
    for (int bit = 0; bit < 32; bit += 8) {
        const int8_t x = (int8_t)(a >> bit), y = (int8_t)(b >> bit);
        larger |= (uint32_t)(uint8_t)(x > y ? x : y) << bit;
    }
    return larger;
}

static inline uint32_t min_bytes(uint32_t a, uint32_t b)
{
    return ~max_bytes(~a, ~b);
}

#endif

/* Elements of a tensor, or -1 where another has another shape. */
static inline int32_t count_equal(const cmsis_nn_dims *a, const cmsis_nn_dims *b, const cmsis_nn_dims *c)
{
    const int equal = a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c && a->n == c->n && a->h == c->h &&
                      a->w == c->w && a->c == c->c;
    return equal ? a->n * a->h * a->w * a->c : -1;
}

/* One of each pair of two rows; `choose` does four at a time. */
static inline void choose_all(const int8_t *a, const int8_t *b, int32_t count, int8_t *output,
                              uint32_t choose(uint32_t a, uint32_t b))
{
    for (; count >= 4; count -= 4, a += 4, b += 4, output += 4) {
        const uint32_t chosen = choose(load_4(a), load_4(b));
        memcpy(output, &chosen, sizeof chosen);
    }
    for (; count > 0; count--) {
        *output++ = (int8_t)choose((uint8_t)*a++, (uint8_t)*b++);
    }
}

#endif
