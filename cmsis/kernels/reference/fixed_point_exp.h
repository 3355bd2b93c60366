/* exp and reciprocal in 32-bit fixed point, as TFLite's integer softmax defines them; see ../../ROUNDING.md.
 * Qm.n: n fractional bits.
 */
#ifndef EDGEPLUG_REFERENCE_FIXED_POINT_EXP_H
#define EDGEPLUG_REFERENCE_FIXED_POINT_EXP_H

#include "requantize.h"

/* exp(x) in Q0.31 for x <= 0 in Q5.26: a Taylor polynomial around -1/8 for the way to the next multiple of 1/4 below, times
 * exp(-2^k) for each bit of the rest, k = -2 to 4.
 */
static inline int32_t exp_q31(int32_t x)
{
    static const int32_t powers[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    if (x == 0) {
        return INT32_MAX;
    }
    const int32_t fraction = (x & 0xFFFFFF) - 0x1000000;
    const int32_t t = fraction * 32 + 0x10000000;
    const int32_t t2 = high_multiply(t, t), t3 = high_multiply(t2, t), t4 = high_multiply(t2, t2);
    const int32_t third = 715827883, start = 1895147668; /* 1/3, exp(-1/8) */
    const int32_t higher = rounding_shift(high_multiply(rounding_shift(t4, 2) + t3, third) + t2, 1);
    int32_t result = start + high_multiply(start, t + higher);
    for (int32_t bit = 0; bit < 7; bit++) {
        if ((fraction - x) & (0x1000000 << bit)) {
            result = high_multiply(result, powers[bit]);
        }
    }
    return result;
}

/* 1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31: Newton's method from 48/17 - 32/17 * d, where d = (1 + x) / 2. */
static inline int32_t reciprocal_q31(int32_t x)
{
    const int32_t d = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int64_t estimate = 1515870810 - high_multiply(d, 1010580540); /* Q2.29 */
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = (1 << 29) - high_multiply(d, (int32_t)estimate);
        estimate += (int64_t)high_multiply((int32_t)estimate, error) * 4;
    }
    return estimate * 2 > INT32_MAX ? INT32_MAX : (int32_t)(estimate * 2);
}

#endif
