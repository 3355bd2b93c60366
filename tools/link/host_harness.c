/* Runs generated networks on this machine, each with memory of its own, exactly as large as it asks for.
 *
 * networks.h, written beside it, defines `networks`. Standard input: per network the number of inferences (uint32), then for
 * each the inputs; standard output: the outputs. Every buffer is a block of the heap by itself, so that sanitizers see the first
 * byte beyond. Exit code 1 with a message where a call fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BUFFERS 16

struct network {
    const char *name;
    size_t self_bytes, arena_bytes, inputs, outputs, bytes[MOST_BUFFERS];
    int (*init)(void *self, void *arena, size_t arena_bytes);
    int (*run)(void *self, void *buffers[MOST_BUFFERS]);
};

#include "networks.h"

static void *allocate(size_t bytes)
{
    void *block = malloc(bytes);
    if (block == NULL) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    memset(block, 0xA5, bytes); /* what nobody wrote is no zero */
    return block;
}

static void expect(int right, const char *network, const char *what)
{
    if (!right) {
        fprintf(stderr, "%s: %s failed\n", network, what);
        exit(1);
    }
}

static void infer(const struct network *network)
{
    void *self = allocate(network->self_bytes), *arena = allocate(network->arena_bytes), *buffers[MOST_BUFFERS] = {NULL};
    const size_t count = network->inputs + network->outputs;
    for (size_t i = 0; i < count; i++) {
        buffers[i] = allocate(network->bytes[i]);
    }
    expect(network->init(self, arena, network->arena_bytes) == 0, network->name, "init");
    unsigned inferences = 0;
    expect(fread(&inferences, sizeof inferences, 1, stdin) == 1, network->name, "reading");
    for (; inferences > 0; inferences--) {
        for (size_t i = 0; i < network->inputs; i++) {
            expect(fread(buffers[i], 1, network->bytes[i], stdin) == network->bytes[i], network->name, "reading");
        }
        expect(network->run(self, buffers) == 0, network->name, "run");
        for (size_t i = network->inputs; i < count; i++) {
            expect(fwrite(buffers[i], 1, network->bytes[i], stdout) == network->bytes[i], network->name, "writing");
        }
    }
    for (size_t i = 0; i < count; i++) {
        free(buffers[i]);
    }
    free(arena);
    free(self);
}

int main(void)
{
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        infer(&networks[i]);
    }
    return 0;
}
