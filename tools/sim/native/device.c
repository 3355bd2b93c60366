#include "tools/sim/native/device.h"

/* The state of an IT block in xPSR (ARMv7-M ARM, B1.4.2). */
#define IT_BITS 0x0600FC00u

/* Unicorn 2.1.4 puts the state of an IT block into the core for the hook. Translated code does not expect it there, and would
 * take it for that of the next block. */
static void forget_it_block(void *engine, device_t *device)
{
    uint32_t xpsr = 0;
    device->reg_read(engine, device->xpsr, &xpsr);
    if (xpsr & IT_BITS) {
        xpsr &= ~IT_BITS;
        device->reg_write(engine, device->xpsr, &xpsr);
    }
}

uint64_t device_read(void *engine, uint64_t offset, unsigned size_bytes, device_t *device)
{
    (void)size_bytes;
    forget_it_block(engine, device);
    return device->value >> (offset - device->offset) * 8;
}

void device_write(void *engine, uint64_t offset, unsigned size_bytes, uint64_t value, device_t *device)
{
    (void)offset;
    (void)size_bytes;
    (void)value;
    forget_it_block(engine, device);
}
