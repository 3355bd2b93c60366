/* logistic and tanh in 16-bit fixed point, as TFLite's integer LSTM defines them. Qm.n: n fractional bits, m + n = 15.
 *
 * Constants: round(exp(-1/8) * 2^15), round(2^15 / 3), round(exp(-2^k) * 2^15) for k = -2 to 4, round(48/17 * 2^13),
 * round(32/17 * 2^13): those of compiler/operators/lstm_arithmetic.py, which fixed_point_test.py derives again.
 */
#ifndef EDGEPLUG_FIXED_POINT_S16_H
#define EDGEPLUG_FIXED_POINT_S16_H

#include <stdint.h>

/* a * b / 2^15, halves up. */
static inline int32_t multiply_q15(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

/* x / 2^bits, halves away from zero; bits in [1, 30] and |x| < 2^31 - 2^(bits - 1). */
static inline int32_t divide_by_power_q15(int32_t x, int32_t bits)
{
    return (x + (x >> 31) + (1 << (bits - 1))) >> bits;
}

/* exp(x) in Q0.15 for x <= 0 in Qm.n; m = `integer_bits` in [1, 7]. */
static inline int32_t exp_q15(int32_t x, int32_t integer_bits)
{
    static const int16_t powers[] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t fraction_bits = 15 - integer_bits, quarter = 1 << (fraction_bits - 2);
    if (x == 0) {
        return INT16_MAX;
    }
    /* Beyond -32; only inputs of more than five integer bits reach that. */
    if (x < -(32 << fraction_bits)) {
        return 0;
    }
    /* A polynomial of fourth order around -1/8 covers the distance to the next multiple of 1/4 below. */
    const int32_t fraction = (x & (quarter - 1)) - quarter;
    const int32_t t = fraction * (1 << integer_bits) + (1 << 12);
    const int32_t t2 = multiply_q15(t, t), t3 = multiply_q15(t2, t), t4 = multiply_q15(t2, t2);
    const int32_t higher = divide_by_power_q15(multiply_q15(divide_by_power_q15(t4, 2) + t3, 10923) + t2, 1);
    int32_t result = 28918 + multiply_q15(28918, t + higher);
    result = result > INT16_MAX ? INT16_MAX : result;
    /* Each bit of the rest is a factor. */
    uint32_t rest = (uint32_t)(fraction - x) >> (fraction_bits - 2);
    for (const int16_t *power = powers; rest != 0; power++, rest >>= 1) {
        if (rest & 1u) {
            result = multiply_q15(result, *power);
        }
    }
    return result;
}

/* 2 / (1 + x) in Q2.13 for x in [0, 1) in Q0.15: three steps of Newton's method from 48/17 - 32/17 * d, d = (1 + x) / 2. */
static inline int32_t double_reciprocal_q13(int32_t x)
{
    const int32_t half_denominator = (x + INT16_MAX + 1) >> 1;
    int32_t estimate = 23130 + multiply_q15(half_denominator, -15420);
    for (int step = 0; step < 3; step++) {
        const int32_t error = (1 << 13) - multiply_q15(half_denominator, estimate);
        estimate += multiply_q15(estimate, error) * 4;
    }
    return estimate;
}

static inline int32_t saturate_q15(int32_t x)
{
    return x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x;
}

/* 1 / (1 + exp(-x)) in Q0.15 for x in Q3.12. */
static inline int32_t logistic_q15(int32_t x)
{
    const int32_t positive = saturate_q15(double_reciprocal_q13(exp_q15(x < 0 ? x : -x, 3)) * 2);
    return x > 0 ? positive : x < 0 ? INT16_MAX - positive : 1 << 14;
}

/* tanh(x) in Q0.15 for x in Qm.n, m = `integer_bits` in [0, 6]. */
static inline int32_t tanh_q15(int32_t x, int32_t integer_bits)
{
    const int32_t exponential = exp_q15(x < 0 ? x : -x, integer_bits + 1);
    const int32_t size = saturate_q15((double_reciprocal_q13(exponential) - (1 << 13)) * 4);
    return x < 0 ? -size : x > 0 ? size : 0;
}

#endif
