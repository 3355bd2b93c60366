/* The second half of an access to a device: what the first half, a hook in Python (bus.py), has left goes to the core.
 *
 * That hook stands at the pages' protection: Unicorn calls it with the core's state in order, so it knows the pc, and it can
 * end the run before the access completes. Afterwards Unicorn makes the access, and this answers it.
 */
#ifndef TOOLS_SIM_NATIVE_DEVICE_H_
#define TOOLS_SIM_NATIVE_DEVICE_H_

#include <stdint.h>

/* What is read from `offset` on, and Unicorn's functions. */
typedef struct {
    uint64_t value;
    uint64_t offset;
    int (*reg_read)(void *engine, int number, void *value);
    int (*reg_write)(void *engine, int number, const void *value);
    int xpsr;
} device_t;

/* Unicorn's callbacks for memory-mapped pages. */
uint64_t device_read(void *engine, uint64_t offset, unsigned size_bytes, device_t *device);
void device_write(void *engine, uint64_t offset, unsigned size_bytes, uint64_t value, device_t *device);

#endif
