/*
 * The contract that a board folder (firmware/boards/<name>/) implements, in C and in its link.ld.
 *
 * Start order, which firmware/main.c keeps: board_clock_start, board_uart_start, then the rest. No function here uses
 * an interrupt, a heap or a wait without an end; each may be called again. Statuses are the codes of fault reports
 * (firmware/PROTOCOL.md), so what went wrong travels to the host unchanged.
 *
 * link.ld gives: ENTRY(reset_handler), vectors at the start of flash, and these symbols:
 *   _stack_bottom, _stack_top                 the reserved stack, 8-byte aligned, grows down
 *   _data_source, _data_start, _data_end      .data in flash and in SRAM, 4-byte aligned
 *   _bss_start, _bss_end                      .bss, 4-byte aligned
 *   _vectors, _image_end                      first byte of the image in flash, first byte after it
 */
#ifndef FIRMWARE_BOARDS_BOARD_H
#define FIRMWARE_BOARDS_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BOARD_UART_BAUD = 115200,
    BOARD_BYTE_TIMEOUT_MS = 20, /* a sender that is silent for so long inside a frame has given it up */
};

/* Values are part of the protocol: above every exception number of the Cortex-M4 core. */
enum board_status {
    BOARD_OK = 0,
    BOARD_VOLTAGE_NOT_READY = 0xC0,
    BOARD_FLASH_LATENCY_NOT_SET = 0xC1,
    BOARD_OSCILLATOR_NOT_READY = 0xC2,
    BOARD_PLL_NOT_STOPPED = 0xC3,
    BOARD_PLL_NOT_READY = 0xC4,
    BOARD_CLOCK_NOT_SWITCHED = 0xC5,
    BOARD_UART_NOT_READY = 0xC6,
};

/* Brings the core to the board's full clock. On an error the core stays on the clock it booted with. */
enum board_status board_clock_start(void);

/* The core clock that is switched on now, in hertz, read back from the hardware. */
uint32_t board_clock_hz(void);

/* Starts the service's UART, 8N1 at BOARD_UART_BAUD for the clock of board_clock_hz(). */
enum board_status board_uart_start(void);

/* Takes one byte. False: none came for at least BOARD_BYTE_TIMEOUT_MS. An overrun is cleared; its byte is lost. */
bool board_uart_read(uint8_t *byte);

/* Sends byte_count bytes. False: the transmitter did not take one in time. */
bool board_uart_write(const uint8_t *bytes, size_t byte_count);

#endif
