#include "tools/sim/native/late.h"

static uint32_t magnitude(uint32_t word)
{
    return word >> 31 ? 0 - word : word;
}

/* At most how many bits the quotient has; 0 if it is 0 or the divisor is. */
static uint32_t quotient_bits(uint32_t dividend, uint32_t divisor)
{
    if (divisor == 0 || dividend < divisor) {
        return 0;
    }
    return (uint32_t)(__builtin_clz(divisor) - __builtin_clz(dividend)) + 1;
}

uint32_t late_fact(const late_t *late, const uint32_t *values)
{
    switch (late->kind) {
    case LATE_DIVIDE:
        return late->facts[quotient_bits(values[0], values[1])];
    case LATE_DIVIDE_SIGNED:
        return late->facts[quotient_bits(magnitude(values[0]), magnitude(values[1]))];
    default:
        return late->facts[values[0] >> 28];
    }
}
