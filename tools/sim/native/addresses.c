#include "tools/sim/native/addresses.h"

#include <stddef.h>
#include <string.h>

static uint32_t sum(const addresses_sum_t *self, const uint32_t *atoms)
{
    uint32_t total = self->offset;
    for (uint32_t i = 0; i < self->count; i++) {
        total += self->terms[i].coefficient * atoms[self->terms[i].atom];
    }
    return total;
}

static uint32_t word(const addresses_memories_t *self, uint32_t address)
{
    for (uint32_t i = 0; i < self->count; i++) {
        const addresses_memory_t *memory = &self->memories[i];
        uint32_t offset = address - memory->base;
        if (offset <= memory->size_bytes - sizeof(uint32_t)) {
            uint32_t value;
            memcpy(&value, memory->bytes + offset, sizeof value);
            return value;
        }
    }
    return self->elsewhere(address);
}

void addresses_evaluate(const addresses_probe_t *probe, const addresses_memories_t *memories, uint32_t *atoms,
                        uint32_t *addresses)
{
    uint32_t *words = atoms + probe->register_count;
    for (uint32_t i = 0; i < probe->word_count; i++) {
        words[i] = word(memories, sum(&probe->words[i], atoms));
    }
    for (uint32_t i = 0; i < probe->address_count; i++) {
        addresses[i] = sum(&probe->addresses[i], atoms);
    }
}
