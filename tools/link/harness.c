/* Lets the simulator run a network that is named `network`: memory for its buffers, no board, no service.
 *
 * buffers.h, written beside the network, declares the buffers and defines NETWORK_RUN. Python calls prepare(), fills the
 * inputs, calls infer() and reads the outputs.
 */
#include <stdint.h>

#include "network.h"

#include "buffers.h"

extern uint32_t _stack_top[], _data_source[], _data_start[], _data_end[], _bss_start[], _bss_end[];

static int8_t network_arena[NETWORK_ARENA_BYTES] __attribute__((aligned(16), section(".buffers")));
static network_t network;
static volatile int32_t network_status;

static void halt(void)
{
    for (;;) {
    }
}

/* Top of the stack and reset vector: the simulator loads them before it calls anything. */
static const uintptr_t vectors[] __attribute__((used, section(".vectors"))) = {(uintptr_t)_stack_top, (uintptr_t)halt};

/* To be called first; returns what network_init() returns. */
__attribute__((used)) int prepare(void)
{
    const uint32_t *source = _data_source;
    for (uint32_t *word = _data_start; word != _data_end; word++) {
        *word = *source++;
    }
    for (uint32_t *word = _bss_start; word != _bss_end; word++) {
        *word = 0;
    }
    return network_init(&network, network_arena, sizeof network_arena);
}

/* One inference; returns what network_run() returns. */
__attribute__((used)) int infer(void)
{
    network_status = NETWORK_RUN; /* stored, so that this is a call and no jump: recorders look for calls */
    return network_status;
}
