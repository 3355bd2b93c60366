/* The timing automaton as it runs: hooks that Unicorn calls at each block and each instruction.
 *
 * What a block costs is derived in Python (timing/transitions.py) when a transition is taken for the first time, and kept in
 * these structures, which stay Python's property. Everything that happens at every block happens here: following
 * transitions, evaluating addresses, the flash accelerator, and the sums.
 */
#ifndef TOOLS_SIM_NATIVE_TIMER_H_
#define TOOLS_SIM_NATIVE_TIMER_H_

#include <stdint.h>

#include "tools/sim/native/addresses.h"
#include "tools/sim/native/art.h"
#include "tools/sim/native/late.h"

/* Facts of one execution of a block: the bits of its addresses that decide the cost, then what its late instructions report. */
enum { TIMER_LATE_MAX = 512, TIMER_FACTS_MAX = ADDRESSES_MAX + TIMER_LATE_MAX, REGISTERS_MAX = 16 };

/* `probe` is NULL if no address has to be looked at; `is_assumed` tells that one is not known. */
typedef struct {
    const addresses_probe_t *probe;
    const late_t *late;
    uint32_t late_count;
    uint32_t is_assumed;
} timer_block_t;

/* A data read from flash, at `start` or at that distance from the address of that index. */
typedef struct {
    int32_t index;
    uint32_t start;
} timer_flash_read_t;

typedef struct timer_successor timer_successor_t;

/* A block entered with all facts known, or without a block: stopped. `unaligned_pc` is an instruction that the core would fault
 * on, 0 if none. `needs_addresses` tells that a flash read refers to one. `next` is another node of the same fork. */
typedef struct timer_node timer_node_t;
struct timer_node {
    uint32_t id;
    uint32_t cycles;
    uint32_t instructions;
    uint32_t unaligned_pc;
    const timer_block_t *block;
    art_code_line_t *code_lines;
    const timer_flash_read_t *flash_reads;
    const uint32_t *facts;
    uint32_t code_line_count;
    uint32_t flash_read_count;
    uint32_t fact_count;
    uint32_t needs_addresses;
    timer_successor_t *successors;
    timer_node_t *next;
};

/* A block entered from a known state whose facts have to be looked at first; `nodes` are those met, the latest one first. */
typedef struct {
    uint32_t id;
    const timer_block_t *block;
    timer_node_t *nodes;
} timer_fork_t;

/* Where a node leads when the block at `address` follows: to a node or to a fork, the other is NULL. */
struct timer_successor {
    uint32_t address;
    uint32_t size_bytes;
    timer_node_t *node;
    timer_fork_t *fork;
    timer_successor_t *next;
};

/* Python, asked for what is not known yet; NULL, and true from `must_stop`, end the run. */
typedef struct {
    timer_successor_t *(*link)(uint32_t node_id, uint32_t address, uint32_t size_bytes);
    timer_node_t *(*resolve)(uint32_t fork_id, uint32_t fact_count);
    int (*must_stop)(void);
    void (*observe)(uint32_t node_id, uint32_t code_cycles, uint32_t data_cycles);
} timer_callbacks_t;

/* Unicorn's functions, from the library that the machine uses. */
typedef struct {
    int (*reg_read_batch)(void *engine, const int *registers, void **values, int count);
    int (*emu_stop)(void *engine);
} timer_unicorn_t;

/* `node` is the block that was costed last. `fork` is set while a block with late instructions executes; it is costed when the
 * next one begins. `look_at` is the cycle from which on `must_stop` is asked.
 * `instructions_left` may be executed before the run is stopped. `register_values` point to the first atoms. */
typedef struct {
    int64_t cycles;
    int64_t instructions;
    int64_t assumed_accesses;
    int64_t look_at;
    int64_t instructions_left;
    void *engine;
    art_t *art;
    timer_node_t *node;
    timer_fork_t *fork;
    const timer_block_t *hot_block;
    uint32_t is_observed;
    uint32_t unaligned_pc;
    uint32_t late_count;
    addresses_memories_t memories;
    timer_unicorn_t unicorn;
    timer_callbacks_t callbacks;
    void *register_values[REGISTERS_MAX];
    uint32_t facts[TIMER_FACTS_MAX];
    uint32_t addresses[ADDRESSES_MAX];
    uint32_t atoms[ATOMS_MAX];
} timer_t;

/* For the test that Python sees these structures as the compiler lays them out: sizes in order of their definitions, and where
 * the last member of timer_t lies. */
extern const uint32_t timer_sizes_bytes[];
extern const uint32_t timer_atoms_offset_bytes;

/* Unicorn's hooks for blocks and for instructions. */
void timer_on_block(void *engine, uint64_t address, uint32_t size_bytes, timer_t *timer);
void timer_on_instruction(void *engine, uint64_t address, uint32_t size_bytes, timer_t *timer);

/* Costs the block with late instructions that has executed last, if one has. Returns 0 if that failed. */
int timer_settle(timer_t *timer);

#endif
