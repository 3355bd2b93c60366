#include "tools/sim/native/art.h"

#include <stdbool.h>
#include <stddef.h>

static art_line_t *find(art_cache_t *cache, uint32_t line)
{
    for (uint32_t i = 0; i < cache->count; i++) {
        if (cache->lines[i].line == line) {
            return &cache->lines[i];
        }
    }
    return NULL;
}

/* An empty place, or that of the line that was used longest ago. */
static art_line_t *make_room(art_cache_t *cache)
{
    if (cache->count < cache->capacity) {
        return &cache->lines[cache->count++];
    }
    art_line_t *oldest = &cache->lines[0];
    for (uint32_t i = 1; i < cache->count; i++) {
        if (cache->lines[i].last_use < oldest->last_use) {
            oldest = &cache->lines[i];
        }
    }
    return oldest;
}

/* Marks `parts` of `line` as there and just used; `entry` is where it is, NULL if it is not. Returns where it is now. */
static art_line_t *fill(art_t *art, art_cache_t *cache, art_line_t *entry, uint32_t line, uint32_t parts)
{
    if (entry == NULL) {
        entry = make_room(cache);
        *entry = (art_line_t){.line = line};
    }
    entry->parts |= parts;
    entry->last_use = ++art->uses;
    return entry;
}

uint32_t art_code_cycles(art_t *art, art_code_line_t *lines, uint32_t count)
{
    art_cache_t *cache = &art->instructions;
    uint32_t cycles = 0;
    for (art_code_line_t *code = lines; code < lines + count; code++) {
        bool is_where_it_was = code->slot < cache->count && cache->lines[code->slot].line == code->line;
        art_line_t *entry = is_where_it_was ? &cache->lines[code->slot] : find(cache, code->line);
        uint32_t present = entry == NULL ? 0 : entry->parts;
        if ((present & code->parts) != code->parts) {
            for (uint32_t i = 0; i < code->read_count; i++) {
                cycles += present & code->reads[i].bit ? 0 : code->reads[i].wait_cycles;
            }
        }
        entry = fill(art, cache, entry, code->line, code->parts);
        code->slot = (uint32_t)(entry - cache->lines);
    }
    return cycles;
}

uint32_t art_data_cycles(art_t *art, uint32_t address)
{
    uint32_t line = address >> art->line_shift;
    uint32_t bit = 1u << (address >> art->read_shift & art->part_mask);
    art_line_t *entry = find(&art->data, line);
    uint32_t cycles = entry != NULL && entry->parts & bit ? 0 : art->wait_states;
    fill(art, &art->data, entry, line, bit);
    return cycles;
}
