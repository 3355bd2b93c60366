/* logistic and tanh in 16-bit fixed point, as TFLite's integer LSTM defines them; see ../../ROUNDING.md. Qm.n: n fractional bits,
 * m + n = 15.
 */
#ifndef EDGEPLUG_REFERENCE_FIXED_POINT_S16_H
#define EDGEPLUG_REFERENCE_FIXED_POINT_S16_H

#include "requantize.h"

/* a * b / 2^15, halves up. */
static inline int32_t multiply_q15(int32_t a, int32_t b)
{
    return (a * b + 0x4000) >> 15;
}

/* exp(x) in Q0.15 for x <= 0 with `bits` integer bits: a Taylor polynomial around -1/8 for the way to the next multiple of 1/4 below,
 * times exp(-2^k) for each bit of the rest, k = -2 to 4.
 */
static inline int32_t exp_q15(int32_t x, int32_t bits)
{
    static const int32_t powers[7] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t quarter = 1 << (13 - bits);
    if (x == 0 || x < -128 * quarter) {
        return x == 0 ? INT16_MAX : 0;
    }
    const int32_t fraction = (x & (quarter - 1)) - quarter;
    const int32_t t = fraction * (1 << bits) + 0x1000;
    const int32_t t2 = multiply_q15(t, t), t3 = multiply_q15(t2, t), t4 = multiply_q15(t2, t2);
    const int32_t third = 10923, start = 28918; /* 1/3, exp(-1/8) */
    const int32_t higher = rounding_shift(multiply_q15(rounding_shift(t4, 2) + t3, third) + t2, 1);
    int32_t result = start + multiply_q15(start, t + higher);
    result = result < INT16_MAX ? result : INT16_MAX;
    for (int32_t bit = 0; bit < 7; bit++) {
        if ((fraction - x) & (quarter << bit)) {
            result = multiply_q15(result, powers[bit]);
        }
    }
    return result;
}

/* 2 / (1 + x) in Q2.13 for x in [0, 1) in Q0.15: Newton's method from 48/17 - 32/17 * d, where d = (1 + x) / 2. */
static inline int32_t double_reciprocal_q13(int32_t x)
{
    const int32_t d = (x + 0x8000) / 2;
    int32_t estimate = 23130 + multiply_q15(d, -15420);
    for (int32_t step = 0; step < 3; step++) {
        estimate += multiply_q15(estimate, 0x2000 - multiply_q15(d, estimate)) * 4;
    }
    return estimate;
}

/* 1 / (1 + exp(-x)) in Q0.15 for x in Q3.12. */
static inline int32_t logistic_q15(int32_t x)
{
    if (x == 0) {
        return 0x4000;
    }
    const int32_t positive = clamp_s16(double_reciprocal_q13(exp_q15(x < 0 ? x : -x, 3)) * 2, INT16_MIN, INT16_MAX);
    return x > 0 ? positive : INT16_MAX - positive;
}

/* tanh(x) in Q0.15 for x with `bits` integer bits: (1 - e) / (1 + e), where e = exp(-2 |x|). */
static inline int32_t tanh_q15(int32_t x, int32_t bits)
{
    const int32_t quotient = double_reciprocal_q13(exp_q15(x < 0 ? x : -x, bits + 1)) - 0x2000;
    const int32_t size = clamp_s16(quotient * 4, INT16_MIN, INT16_MAX);
    return x < 0 ? -size : x > 0 ? size : 0;
}

#endif
