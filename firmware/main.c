/* The firmware: clock, UART, a look at its own image, service; what fails on the way is reported over the UART, then everything stops. */
#include "firmware/boards/board.h"
#include "firmware/cortex_m4/core.h"
#include "firmware/image.h"
#include "firmware/protocol.h"
#include "firmware/service.h"

static __attribute__((noreturn, noinline)) void stop(void)
{
    for (;;) {
        __asm volatile("wfi"); /* no interrupt is enabled: sleeps until reset */
    }
}

void firmware_main(void)
{
    const enum board_status clock = board_clock_start();
    const enum board_status uart = board_uart_start(); /* at whatever clock there is now */

    if (uart == BOARD_OK && clock != BOARD_OK) {
        service_report_fault((uint8_t)clock, 0, 0, 0);
    }
    if (uart != BOARD_OK || clock != BOARD_OK) {
        stop();
    }
    if (!image_is_whole()) {
        service_report_fault(PROTOCOL_FAULT_IMAGE, 0, 0, 0);
        stop();
    }
    if (service_start() != 0) {
        service_report_fault(PROTOCOL_FAULT_NETWORK, 0, 0, 0);
        stop();
    }
    for (;;) {
        service_answer();
    }
}

void firmware_fault(uint32_t pc, uint32_t lr)
{
    /* Started anew, since the fault may have come before it was, or have left it in the middle of a frame. */
    (void)board_uart_start();
    service_report_fault((uint8_t)core_exception(), pc, lr, SCB_CFSR);
    stop();
}
