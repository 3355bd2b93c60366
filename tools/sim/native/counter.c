#include "tools/sim/native/counter.h"

/* Instructions in `size_bytes` of code: 16 bits, or 32 where the first halfword starts with 0b11101 or more (A5.1). */
static uint32_t count(const uint8_t *code, uint32_t size_bytes)
{
    uint32_t instructions = 0;
    for (uint32_t i = 0; i + 1 < size_bytes; i += code[i + 1] >> 3 >= 0x1D ? 4 : 2) {
        instructions++;
    }
    return instructions;
}

void counter_on_block(void *engine, uint64_t address, uint32_t size_bytes, counter_t *counter)
{
    if (counter->executed >= counter->limit) {
        counter->emu_stop(engine);
        return;
    }
    counter_block_t *block = &counter->blocks[address / 2 % COUNTER_BLOCKS];
    if (block->address != (uint32_t)address || block->size_bytes != size_bytes) {
        uint8_t code[COUNTER_BLOCK_BYTES_MAX];
        uint32_t known_bytes = size_bytes < sizeof code ? size_bytes : (uint32_t)sizeof code;
        uint32_t instructions = counter->mem_read(engine, address, code, known_bytes) == 0 ? count(code, known_bytes) : 1;
        *block = (counter_block_t){(uint32_t)address, size_bytes, instructions};
    }
    counter->executed += block->instructions;
}
