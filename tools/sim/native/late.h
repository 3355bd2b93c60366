/* Facts that instructions report as they execute: whether the condition of an IT holds, how many cycles a divide takes.
 *
 * What they mean is derived in timing/late_facts.py and comes as tables.
 */
#ifndef TOOLS_SIM_NATIVE_LATE_H_
#define TOOLS_SIM_NATIVE_LATE_H_

#include <stdint.h>

enum { LATE_REGISTERS = 2, LATE_QUOTIENT_BITS_MAX = 32 };

typedef enum { LATE_PREDICATE, LATE_DIVIDE, LATE_DIVIDE_SIGNED } late_kind_t;

/* `registers` are Unicorn's numbers of what the fact depends on: xPSR alone, or dividend and divisor.
 * `facts` are by the flags NZCV (0 to 15), or by the bits of the quotient (0 to 32). */
typedef struct {
    uint32_t address;
    uint32_t kind;
    uint32_t register_count;
    int registers[LATE_REGISTERS];
    uint8_t facts[LATE_QUOTIENT_BITS_MAX + 1];
} late_t;

/* The fact for the `values` of the registers. */
uint32_t late_fact(const late_t *late, const uint32_t *values);

#endif
