/* Addresses of a block's accesses: sums of registers, of words in memory at block entry, and of constants, as data.
 *
 * timing/addresses.py derives a probe from the code of a block; timing/layout.py lays it out as these structures, which stay
 * Python's property. All arithmetic is modulo 2^32.
 */
#ifndef TOOLS_SIM_NATIVE_ADDRESSES_H_
#define TOOLS_SIM_NATIVE_ADDRESSES_H_

#include <stdint.h>

enum {
    /* Accesses of one block, or words that its addresses are read from: a block has at most 512 instructions, of at most 16
     * words each that are followed. */
    ADDRESSES_MAX = 512,
    ATOMS_MAX = 16 + 512 * 16,
};

/* `coefficient` times the atom of that index: registers of the probe first, then its words. */
typedef struct {
    uint32_t coefficient;
    uint32_t atom;
} addresses_term_t;

typedef struct {
    uint32_t offset;
    uint32_t count;
    const addresses_term_t *terms;
} addresses_sum_t;

/* `registers` are Unicorn's numbers. The sums of `words` are their addresses, in an order in which each may refer to those
 * before it. `masks` keep of each address the bits that decide the cost: memory and alignment. */
typedef struct {
    uint32_t register_count;
    uint32_t word_count;
    uint32_t address_count;
    const int *registers;
    const addresses_sum_t *words;
    const addresses_sum_t *addresses;
    const uint32_t *masks;
} addresses_probe_t;

/* Bytes of the simulated machine at `bytes`. */
typedef struct {
    uint32_t base;
    uint32_t size_bytes;
    const uint8_t *bytes;
} addresses_memory_t;

typedef struct {
    uint32_t count;
    const addresses_memory_t *memories;
    /* The word at an address that is in none of them. */
    uint32_t (*elsewhere)(uint32_t address);
} addresses_memories_t;

/* Writes the full address of each access to `addresses`. `atoms` holds the registers' values and has room for the words. */
void addresses_evaluate(const addresses_probe_t *probe, const addresses_memories_t *memories, uint32_t *atoms,
                        uint32_t *addresses);

#endif
