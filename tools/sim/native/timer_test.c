/* The automaton on a made-up program, under the sanitizers: what is known is never asked for again, and sums are right. */
#include <stdio.h>
#include <string.h>

#include "tools/sim/native/timer.h"

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            return 1;                                                           \
        }                                                                       \
    } while (0)

enum { FLASH = 0x08000000, MEMORY_BITS = 0xFF000003 };

/* Unicorn: registers by number, and how often a stop was asked for. */
static uint32_t registers[16];
static int stops;

static int read_batch(void *engine, const int *numbers, void **values, int count)
{
    (void)engine;
    for (int i = 0; i < count; i++) {
        memcpy(values[i], &registers[numbers[i]], sizeof registers[0]);
    }
    return 0;
}

static int emu_stop(void *engine)
{
    (void)engine;
    stops++;
    return 0;
}

/* A load through register 1, as a word at register 2 plus 4, and a divide of registers 3 and 4. */
static const addresses_term_t first_term = {1, 0}, second_term = {1, 1}, word_term = {1, 2};
static const int probe_registers[] = {1, 2};
static const addresses_sum_t words[] = {{4, 1, &second_term}}, sums[] = {{0, 1, &first_term}, {0, 1, &word_term}};
static const uint32_t masks[] = {MEMORY_BITS, MEMORY_BITS};
static const addresses_probe_t probe = {2, 1, 2, probe_registers, words, sums, masks};
static const late_t divide = {
    .address = 0x22, .kind = LATE_DIVIDE, .register_count = 2, .registers = {3, 4}, .facts = {2, 4, 4, 5}};
static const timer_block_t plain = {0}, loading = {.probe = &probe, .is_assumed = 1}, dividing = {.late = &divide, .late_count = 1};

static uint32_t word_of_memory = 0x20000000;
static const addresses_memory_t sram = {0x20000000, sizeof word_of_memory, (const uint8_t *)&word_of_memory};

static uint32_t elsewhere(uint32_t address)
{
    return address;
}

/* Python: block 0x00 is plain, 0x10 loads, 0x20 divides; nodes are numbered as they are asked for. */
static timer_t timer;
static timer_node_t nodes[16], *plain_node, rest = {.id = 99};
static timer_successor_t successors[16];
static timer_fork_t forks[] = {{.id = 1, .block = &loading}, {.id = 2, .block = &dividing}};
static uint32_t facts[16][4];
static const timer_flash_read_t read_of_flash = {1, 8};
static uint32_t node_count, link_count;

static timer_node_t *make_node(const timer_block_t *block, uint32_t cycles)
{
    timer_node_t *node = &nodes[node_count];
    *node = (timer_node_t){.id = node_count++, .cycles = cycles, .instructions = 3, .block = block};
    return node;
}

static timer_successor_t *link_block(uint32_t node_id, uint32_t address, uint32_t size_bytes)
{
    (void)node_id;
    timer_successor_t *made = &successors[link_count++];
    *made = (timer_successor_t){.address = address, .size_bytes = size_bytes};
    if (address == 0) {
        made->node = plain_node == NULL ? (plain_node = make_node(&plain, 1)) : plain_node;
    } else {
        made->fork = &forks[address == 0x20];
    }
    return made;
}

static timer_node_t *resolve_facts(uint32_t fork_id, uint32_t count)
{
    timer_node_t *node = make_node(fork_id == 1 ? &loading : &dividing, 100 + timer.facts[count - 1] % 16);
    memcpy(facts[node->id], timer.facts, count * sizeof timer.facts[0]);
    node->facts = facts[node->id];
    node->fact_count = count;
    if (fork_id == 1 && timer.facts[1] == FLASH) {
        node->flash_reads = &read_of_flash;
        node->flash_read_count = 1;
    }
    return node;
}

static int test_known_transitions_are_not_asked_for_again(void)
{
    for (int round = 0; round < 5; round++) {
        timer_on_block(NULL, 0x00, 6, &timer);
        timer_on_block(NULL, 0x10, 6, &timer);
    }
    CHECK(link_count == 3 && node_count == 2);
    CHECK(timer.instructions == 30 && timer.assumed_accesses == 5 && timer.cycles == 5 * (1 + 100));
    word_of_memory = FLASH;
    timer_on_block(NULL, 0x00, 6, &timer);
    timer_on_block(NULL, 0x10, 6, &timer);
    CHECK(timer.cycles == 5 * (1 + 100) + 1 + 100 + 4);
    return 0;
}

static int test_a_divide_is_costed_when_the_next_block_begins(void)
{
    int64_t before = timer.cycles;
    registers[3] = 7;
    registers[4] = 2;
    timer.instructions_left = 2;
    timer_on_block(NULL, 0x20, 6, &timer);
    timer_on_instruction(NULL, 0x20, 2, &timer);
    timer_on_instruction(NULL, 0x22, 4, &timer);
    CHECK(timer.cycles == before && timer.late_count == 1 && stops == 0);
    timer_on_instruction(NULL, 0x26, 2, &timer);
    CHECK(stops == 1);
    CHECK(timer_settle(&timer) && timer.cycles == before + 100 + 4);
    return 0;
}

int main(void)
{
    static art_t art = {.wait_states = 4, .line_shift = 5, .read_shift = 3, .part_mask = 3, .data = {.capacity = 8}};
    timer = (timer_t){.look_at = INT64_MAX, .art = &art, .node = &rest, .memories = {1, &sram, elsewhere},
                      .unicorn = {read_batch, emu_stop}, .callbacks = {.link = link_block, .resolve = resolve_facts}};
    for (int i = 0; i < REGISTERS_MAX; i++) {
        timer.register_values[i] = &timer.atoms[i];
    }
    registers[1] = 0x20000000;
    registers[2] = 0x20000000 - 4;
    return test_known_transitions_are_not_asked_for_again() || test_a_divide_is_costed_when_the_next_block_begins();
}
