/* The one way in which this board waits for its hardware: a count of polls, so that nothing can hang it. */
#ifndef FIRMWARE_BOARDS_NETDUINOPLUS2_WAIT_H
#define FIRMWARE_BOARDS_NETDUINOPLUS2_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Polls until (*status & mask) == value; false: it did not within 40,000 polls. A poll takes at least 8 cycles, so
 * that is 20 ms at the 16 MHz after reset and 1.9 ms at 168 MHz; the slowest things waited for are the PLL (300 us,
 * STM32F405 data sheet DS8626, PLL characteristics) and one character on the line (87 us).
 */
bool wait_until(const volatile uint32_t *status, uint32_t mask, uint32_t value);

#endif
