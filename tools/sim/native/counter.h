/* Counts instructions of the functional machine block by block, and stops it when there were enough.
 *
 * Unicorn's own count costs a call at every instruction; a hook at every block costs next to nothing.
 */
#ifndef TOOLS_SIM_NATIVE_COUNTER_H_
#define TOOLS_SIM_NATIVE_COUNTER_H_

#include <stdint.h>

enum { COUNTER_BLOCKS = 1024, COUNTER_BLOCK_BYTES_MAX = 4096 };

/* A block that was counted; `size_bytes` is 0 for none. */
typedef struct {
    uint32_t address;
    uint32_t size_bytes;
    uint32_t instructions;
} counter_block_t;

/* `executed` instructions of blocks that have begun; at the first block at which they are `limit` or more the run ends. */
typedef struct {
    int64_t executed;
    int64_t limit;
    int (*mem_read)(void *engine, uint64_t address, void *bytes, uint64_t size_bytes);
    int (*emu_stop)(void *engine);
    counter_block_t blocks[COUNTER_BLOCKS];
} counter_t;

/* Unicorn's hook for blocks. */
void counter_on_block(void *engine, uint64_t address, uint32_t size_bytes, counter_t *counter);

#endif
