#include "tools/sim/native/timer.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const uint32_t timer_sizes_bytes[] = {
    sizeof(addresses_term_t),   sizeof(addresses_sum_t), sizeof(addresses_probe_t), sizeof(addresses_memory_t),
    sizeof(addresses_memories_t), sizeof(art_t),         sizeof(art_code_line_t),   sizeof(late_t),
    sizeof(timer_block_t),      sizeof(timer_flash_read_t), sizeof(timer_node_t),   sizeof(timer_fork_t),
    sizeof(timer_successor_t),  sizeof(timer_t),
};
const uint32_t timer_atoms_offset_bytes = offsetof(timer_t, atoms);

static void stop(timer_t *timer)
{
    timer->unicorn.emu_stop(timer->engine);
}

static uint32_t address_count(const timer_block_t *block)
{
    return block->probe == NULL ? 0 : block->probe->address_count;
}

/* The known successor of `node`, which becomes the first one; NULL if there is none. */
static timer_successor_t *find_successor(timer_node_t *node, uint32_t address, uint32_t size_bytes)
{
    for (timer_successor_t **link = &node->successors; *link != NULL; link = &(*link)->next) {
        timer_successor_t *found = *link;
        if (found->address == address && found->size_bytes == size_bytes) {
            *link = found->next;
            found->next = node->successors;
            node->successors = found;
            return found;
        }
    }
    return NULL;
}

/* The successor of the present node; NULL if Python failed. */
static timer_successor_t *follow(timer_t *timer, uint32_t address, uint32_t size_bytes)
{
    timer_node_t *node = timer->node;
    timer_successor_t *found = find_successor(node, address, size_bytes);
    if (found == NULL) {
        found = timer->callbacks.link(node->id, address, size_bytes);
        if (found != NULL) {
            found->next = node->successors;
            node->successors = found;
        }
    }
    return found;
}

/* The node of `fork` for the first `count` facts; NULL if Python failed. */
static timer_node_t *resolve(timer_t *timer, timer_fork_t *fork, uint32_t count)
{
    for (timer_node_t **link = &fork->nodes; *link != NULL; link = &(*link)->next) {
        timer_node_t *found = *link;
        if (found->fact_count == count && memcmp(found->facts, timer->facts, count * sizeof timer->facts[0]) == 0) {
            *link = found->next;
            found->next = fork->nodes;
            fork->nodes = found;
            return found;
        }
    }
    timer_node_t *node = timer->callbacks.resolve(fork->id, count);
    if (node != NULL) {
        node->next = fork->nodes;
        fork->nodes = node;
    }
    return node;
}

static uint32_t flash_data_cycles(timer_t *timer, const timer_node_t *node)
{
    uint32_t cycles = 0;
    for (uint32_t i = 0; i < node->flash_read_count; i++) {
        const timer_flash_read_t *read = &node->flash_reads[i];
        uint32_t base = read->index < 0 ? 0 : timer->addresses[read->index];
        cycles += art_data_cycles(timer->art, base + read->start);
    }
    return cycles;
}

/* Counts one execution of `node`. Returns false for one that the core would not survive. */
static bool account(timer_t *timer, timer_node_t *node)
{
    if (node->unaligned_pc != 0) {
        timer->unaligned_pc = node->unaligned_pc;
        return false;
    }
    uint32_t code_cycles = 0, data_cycles = 0;
    timer->node = node;
    timer->instructions += node->instructions;
    timer->assumed_accesses += node->block->is_assumed;
    if (timer->art != NULL) {
        if (node->block != timer->hot_block) {
            timer->hot_block = node->block;
            code_cycles = art_code_cycles(timer->art, node->code_lines, node->code_line_count);
        }
        data_cycles = flash_data_cycles(timer, node);
    }
    timer->cycles += node->cycles + code_cycles + data_cycles;
    if (timer->is_observed) {
        timer->callbacks.observe(node->id, code_cycles, data_cycles);
    }
    return true;
}

static void locate(timer_t *timer, const addresses_probe_t *probe)
{
    timer->unicorn.reg_read_batch(timer->engine, probe->registers, timer->register_values, (int)probe->register_count);
    addresses_evaluate(probe, &timer->memories, timer->atoms, timer->addresses);
}

/* Enters the block of `fork`: costs it, or leaves that to timer_settle. Returns false if that failed. */
static bool enter_fork(timer_t *timer, timer_fork_t *fork)
{
    const timer_block_t *block = fork->block;
    if (block->probe != NULL) {
        locate(timer, block->probe);
        for (uint32_t i = 0; i < block->probe->address_count; i++) {
            timer->facts[i] = timer->addresses[i] & block->probe->masks[i];
        }
    }
    if (block->late_count > 0) {
        timer->fork = fork;
        timer->late_count = 0;
        return true;
    }
    timer_node_t *node = resolve(timer, fork, address_count(block));
    return node != NULL && account(timer, node);
}

int timer_settle(timer_t *timer)
{
    timer_fork_t *fork = timer->fork;
    if (fork == NULL) {
        return true;
    }
    timer_node_t *node = resolve(timer, fork, address_count(fork->block) + timer->late_count);
    timer->fork = NULL;
    return node != NULL && account(timer, node);
}

static bool enter(timer_t *timer, uint32_t address, uint32_t size_bytes)
{
    if (!timer_settle(timer)) {
        return false;
    }
    timer_successor_t *successor = follow(timer, address, size_bytes);
    if (successor == NULL) {
        return false;
    }
    if (successor->fork != NULL) {
        return enter_fork(timer, successor->fork);
    }
    if (successor->node->needs_addresses) {
        locate(timer, successor->node->block->probe);
    }
    return account(timer, successor->node);
}

void timer_on_block(void *engine, uint64_t address, uint32_t size_bytes, timer_t *timer)
{
    (void)engine;
    bool must_stop = timer->cycles >= timer->look_at && timer->callbacks.must_stop();
    if (must_stop || !enter(timer, (uint32_t)address, size_bytes)) {
        stop(timer);
    }
}

/* Adds the fact of the instruction at `address`, if it is one of the present block's late ones. */
static void report(timer_t *timer, uint32_t address)
{
    const timer_block_t *block = timer->fork->block;
    for (const late_t *late = block->late; late < block->late + block->late_count; late++) {
        if (late->address == address && timer->late_count < TIMER_LATE_MAX) {
            uint32_t values[LATE_REGISTERS];
            void *pointers[LATE_REGISTERS] = {&values[0], &values[1]};
            timer->unicorn.reg_read_batch(timer->engine, late->registers, pointers, (int)late->register_count);
            timer->facts[address_count(block) + timer->late_count++] = late_fact(late, values);
            return;
        }
    }
}

void timer_on_instruction(void *engine, uint64_t address, uint32_t size_bytes, timer_t *timer)
{
    (void)engine;
    (void)size_bytes;
    if (--timer->instructions_left < 0) {
        stop(timer);
        return;
    }
    if (timer->fork != NULL) {
        report(timer, (uint32_t)address);
    }
}
