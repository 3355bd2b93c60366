/* The state of the flash accelerator (ART), and which reads wait. The rules and their sources: timing/art.py.
 *
 * Both caches are fully associative; the line that was used longest ago makes way.
 */
#ifndef TOOLS_SIM_NATIVE_ART_H_
#define TOOLS_SIM_NATIVE_ART_H_

#include <stdint.h>

enum { ART_LINES_MAX = 64, ART_READS_PER_LINE_MAX = 4 };

/* `parts` has a bit for each read that is there. */
typedef struct {
    uint32_t line;
    uint32_t parts;
    uint64_t last_use;
} art_line_t;

typedef struct {
    uint32_t capacity;
    uint32_t count;
    art_line_t lines[ART_LINES_MAX];
} art_cache_t;

typedef struct {
    uint32_t wait_states;
    uint32_t line_shift;
    uint32_t read_shift;
    uint32_t part_mask;
    uint64_t uses;
    art_cache_t instructions;
    art_cache_t data;
} art_t;

/* A read of code: its bit in the line, and the cycles that it waits if it is not there. */
typedef struct {
    uint32_t bit;
    uint32_t wait_cycles;
} art_read_t;

/* The part of a block's code in one line. `slot` is where the line was last found: a guess. */
typedef struct {
    uint32_t line;
    uint32_t parts;
    uint32_t slot;
    uint32_t read_count;
    art_read_t reads[ART_READS_PER_LINE_MAX];
} art_code_line_t;

/* Cycles that fetching `count` lines of code waits. */
uint32_t art_code_cycles(art_t *art, art_code_line_t *lines, uint32_t count);

/* Cycles that reading data at one address in flash waits. */
uint32_t art_data_cycles(art_t *art, uint32_t address);

#endif
