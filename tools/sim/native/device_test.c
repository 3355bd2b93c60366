/* A wider access gets each of its parts, and the state of an IT block is forgotten, flags are not. */
#include <stdio.h>
#include <string.h>

#include "tools/sim/native/device.h"

static uint32_t xpsr;
static int writes;

static int reg_read(void *engine, int number, void *value)
{
    (void)engine;
    (void)number;
    memcpy(value, &xpsr, sizeof xpsr);
    return 0;
}

static int reg_write(void *engine, int number, const void *value)
{
    (void)engine;
    (void)number;
    writes++;
    memcpy(&xpsr, value, sizeof xpsr);
    return 0;
}

int main(void)
{
    device_t device = {.value = 0x1234, .offset = 8, .reg_read = reg_read, .reg_write = reg_write};
    xpsr = 0x61000000;
    if (device_read(NULL, 8, 4, &device) != 0x1234 || device_read(NULL, 9, 1, &device) != 0x12 || writes != 0) {
        return 1;
    }
    xpsr = 0x67000C00;
    device_write(NULL, 8, 4, 1, &device);
    return xpsr != 0x61000000 || writes != 1;
}
