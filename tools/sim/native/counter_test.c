/* Instructions of both sizes are counted, a block's once, and the run ends at the first block behind the limit. */
#include <stdio.h>
#include <string.h>

#include "tools/sim/native/counter.h"

/* nop; ldr.w r0, [r1], #4; b.n; bl: 4 instructions in 12 bytes; another block 2048 bytes on, which shares its place. */
static const uint8_t code[] = {0x00, 0xbf, 0x51, 0xf8, 0x04, 0x0b, 0xfe, 0xe7, 0x00, 0xf0, 0x00, 0xf8};
static int reads, stops;

static int mem_read(void *engine, uint64_t address, void *bytes, uint64_t size_bytes)
{
    (void)engine;
    reads++;
    memcpy(bytes, code + address % 16, size_bytes);
    return 0;
}

static int emu_stop(void *engine)
{
    (void)engine;
    stops++;
    return 0;
}

int main(void)
{
    static counter_t counter = {.limit = 9, .mem_read = mem_read, .emu_stop = emu_stop};
    for (int i = 0; i < 2; i++) {
        counter_on_block(NULL, 0x1000, 12, &counter);
    }
    counter_on_block(NULL, 0x1000 + 2 * COUNTER_BLOCKS, 2, &counter);
    if (counter.executed != 9 || reads != 2 || stops != 0) {
        fprintf(stderr, "counter_test: got %d instructions, %d reads\n", (int)counter.executed, reads);
        return 1;
    }
    counter_on_block(NULL, 0x1000, 12, &counter);
    return stops != 1 || counter.executed != 9;
}
