/*
 * A network for firmware tests, with the interface of a generated one: its scores are the first bytes of its input,
 * and the last byte of the input gives it orders (enum echo_order).
 */
#ifndef FIRMWARE_TESTING_ECHO_H
#define FIRMWARE_TESTING_ECHO_H

#include <stddef.h>
#include <stdint.h>

#define ECHO_INPUT_BYTES 16
#define ECHO_OUTPUT_BYTES 3
#define ECHO_ARENA_BYTES 64
#define ECHO_CLASSES 3
#define ECHO_INPUT_SCALE 0.5f
#define ECHO_INPUT_ZERO_POINT (-3)
#define ECHO_OUTPUT_SCALE 0.00390625f
#define ECHO_OUTPUT_ZERO_POINT (-128)

enum echo_order {
    ECHO_FAIL = 1,           /* echo_run returns an error */
    ECHO_READ_NOWHERE = 2,   /* a load from an address where nothing is */
    ECHO_UNDEFINED = 3,      /* an instruction that does not exist */
    ECHO_OVERFLOW_STACK = 4, /* recursion deeper than any reserved stack */
    ECHO_LOSE_STACK = 5,     /* a fault while the stack pointer is somewhere in SRAM */
    ECHO_COUNT_CALLS = 6,    /* scores: calls so far (.data, from 7), calls so far (.bss, from 0), alignment of the arena */
};

extern const char *const echo_class_names[ECHO_CLASSES];

typedef struct {
    int8_t *arena;
} echo_t;

int echo_init(echo_t *self, void *arena, size_t arena_bytes);
int echo_run(const echo_t *self, const int8_t *input, int8_t *output);

#endif
