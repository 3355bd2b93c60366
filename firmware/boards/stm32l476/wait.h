/* The one way in which this board waits for its hardware: a count of polls, so that nothing can hang it. */
#ifndef FIRMWARE_BOARDS_STM32L476_WAIT_H
#define FIRMWARE_BOARDS_STM32L476_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Polls until (*status & mask) == value; false: it did not within 20,000 polls. A poll takes at least 8 cycles, so
 * that is 40 ms at the 4 MHz after reset and 2 ms at 80 MHz; the slowest thing waited for is the voltage regulator
 * and the PLL (tens of microseconds) and one character on the line (87 us).
 */
bool wait_until(const volatile uint32_t *status, uint32_t mask, uint32_t value);

#endif
