#include "firmware/testing/echo.h"

#include <string.h>

const char *const echo_class_names[ECHO_CLASSES] = {"first", "second", "the third one"};

static int8_t calls_from_7 = 7;
static int8_t calls_from_0;

int echo_init(echo_t *self, void *arena, size_t arena_bytes)
{
    if (arena == NULL || arena_bytes < ECHO_ARENA_BYTES || (uintptr_t)arena % 4 != 0) {
        return -1;
    }
    self->arena = arena;
    return 0;
}

static __attribute__((noinline)) uint32_t use_stack(uint32_t levels)
{
    volatile uint32_t local[8] = {levels};

    return levels == 0 ? 0 : use_stack(levels - 1) + local[0];
}

int echo_run(const echo_t *self, const int8_t *input, int8_t *output)
{
    calls_from_7++;
    calls_from_0++;
    memcpy(self->arena, input, ECHO_INPUT_BYTES);
    memcpy(output, self->arena, ECHO_OUTPUT_BYTES);
    switch ((enum echo_order)input[ECHO_INPUT_BYTES - 1]) {
    case ECHO_FAIL:
        return -1;
    case ECHO_READ_NOWHERE:
        return *(const volatile int8_t *)0xC0000000u == 0 ? 0 : -2;
    case ECHO_UNDEFINED:
        __asm volatile("udf #0");
        break;
    case ECHO_OVERFLOW_STACK:
        return use_stack(10000) == 0 ? 0 : -2;
    case ECHO_LOSE_STACK:
        __asm volatile("mov sp, %0\n\tudf #0" : : "r"(0x20010000u));
        break;
    case ECHO_COUNT_CALLS:
        output[0] = calls_from_7;
        output[1] = calls_from_0;
        output[2] = (int8_t)((uintptr_t)self->arena % 16);
        break;
    }
    return 0;
}
