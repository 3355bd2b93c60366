/* exp and reciprocal in 32-bit fixed point, as TFLite's integer softmax defines them. Qm.n: n fractional bits.
 *
 * Constants: round(exp(-1/8) * 2^31), round(2^31 / 3), round(exp(-2^k) * 2^31) for k = -2 to 4, round(48/17 * 2^29),
 * round(32/17 * 2^29): those of compiler/operators/softmax_arithmetic.py, which fixed_point_test.py derives again.
 */
#ifndef EDGEPLUG_FIXED_POINT_EXP_H
#define EDGEPLUG_FIXED_POINT_EXP_H

#include "cmsis/kernels/internal/simd.h"

/* a * b / 2^31, halves up; not both -2^31. */
static inline int32_t multiply_q31(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* The same for |a| < 2^30, in two instructions. */
static inline int32_t multiply_small_q31(int32_t a, int32_t b)
{
    return multiply_high_rounded(a * 2, b);
}

/* x / 2^bits, halves away from zero; bits in [1, 30] and |x| < 2^31 - 2^(bits - 1). */
static inline int32_t divide_by_power(int32_t x, int32_t bits)
{
    return (x + (x >> 31) + (1 << (bits - 1))) >> bits;
}

/* x / 2^bits, halves up, for x >= 0; bits in [1, 31]. */
static inline int32_t divide_positive(int32_t x, int32_t bits)
{
    return (int32_t)(((uint32_t)x + (1u << (bits - 1))) >> bits);
}

/* exp(x) in Q0.31 for x <= 0 in Q5.26. */
static inline int32_t exp_q31(int32_t x)
{
    static const int32_t powers[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24;
    if (x == 0) {
        return INT32_MAX;
    }
    /* A polynomial of fourth order around -1/8 covers the distance to the next multiple of 1/4 below. |t| <= 2^28. */
    const int32_t fraction = (x & (quarter - 1)) - quarter;
    const int32_t t = fraction * 32 + (1 << 28);
    const int32_t t2 = multiply_small_q31(t, t), t3 = multiply_small_q31(t2, t), t4 = multiply_small_q31(t2, t2);
    const int32_t higher = divide_by_power(multiply_small_q31(divide_by_power(t4, 2) + t3, 715827883) + t2, 1);
    int32_t result = 1895147668 + multiply_small_q31(t + higher, 1895147668);
    /* Each bit of the rest is a factor. */
    int32_t rest = (fraction - x) >> 24;
    for (const int32_t *power = powers; rest != 0; power++, rest >>= 1) {
        if (rest & 1) {
            result = multiply_q31(result, *power);
        }
    }
    return result;
}

/* 1 / x in Q0.31 for x in [1, 2) in Q1.31: three steps of Newton's method from 48/17 - 32/17 * d, where d = x / 2. Estimates, in
 * Q2.29, come from below; before the last step they are less than 2^30.
 */
static inline int32_t reciprocal_q31(uint32_t x)
{
    const int32_t d = (int32_t)(x >> 1);
    int32_t estimate = 1515870810 - multiply_small_q31(1010580540, d);
    for (int step = 0; step < 3; step++) {
        const int32_t error = (1 << 29) - multiply_small_q31(estimate, d);
        estimate += multiply_small_q31(error, estimate) * 4;
    }
    return estimate >= 1 << 30 ? INT32_MAX : estimate * 2;
}

#endif
