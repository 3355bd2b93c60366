/*
 * USART2 on PA2 (TX) and PA3 (RX), alternate function 7 (STM32F405 data sheet DS8626, alternate functions). Polled: one
 * exchange is one request and its answer, so nothing arrives while the network runs.
 */
#include "firmware/boards/board.h"
#include "firmware/boards/netduinoplus2/registers.h"
#include "firmware/boards/netduinoplus2/wait.h"

enum {
    PIN_TX = 2,
    PIN_RX = 3,
    ALTERNATE_FUNCTION_USART2 = 7,
    MODE_ALTERNATE_FUNCTION = 2,
    PULL_UP = 1, /* an open RX line must read as idle, not as noise */

    /* 200 polls a millisecond at 168 MHz: a character lasts 87 us, so none is missed between two polls. */
    POLL_CYCLES_MIN = 840,
    DELAY_LOOP_CYCLES_MIN = 2, /* SUBS 1, taken BNE 1 at the least */
    READ_POLLS = BOARD_BYTE_TIMEOUT_MS * 200,

    LINE_ERRORS = USART_SR_FE | USART_SR_NF | USART_SR_ORE,
};
_Static_assert(READ_POLLS * POLL_CYCLES_MIN >= 168000 * BOARD_BYTE_TIMEOUT_MS, "the timeout must hold at 168 MHz");

bool wait_until(const volatile uint32_t *status, uint32_t mask, uint32_t value)
{
    for (uint32_t polls = 40000; polls != 0; polls--) {
        if ((*status & mask) == value) {
            return true;
        }
    }
    return false;
}

static void delay_one_poll(void)
{
    uint32_t rounds = POLL_CYCLES_MIN / DELAY_LOOP_CYCLES_MIN;

    __asm volatile("1: subs %0, #1\n\tbne 1b" : "+l"(rounds) : : "cc");
}

static uint32_t with_field(uint32_t word, unsigned index, unsigned bits, uint32_t value)
{
    const uint32_t mask = (1u << bits) - 1;

    return (word & ~(mask << (index * bits))) | value << (index * bits);
}

/* USART2 hangs on APB1. */
static uint32_t bus_hz(void)
{
    return board_clock_hz() / ((RCC_CFGR & RCC_CFGR_PPRE1_MASK) == RCC_CFGR_PPRE1_BY_4 ? 4 : 1);
}

enum board_status board_uart_start(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC_APB1ENR |= RCC_APB1ENR_USART2EN;
    (void)RCC_APB1ENR; /* the enabled clock takes effect some cycles later: RM0090, peripheral clock enable */

    GPIOA_AFRL = with_field(with_field(GPIOA_AFRL, PIN_TX, 4, ALTERNATE_FUNCTION_USART2), PIN_RX, 4,
                            ALTERNATE_FUNCTION_USART2);
    GPIOA_PUPDR = with_field(GPIOA_PUPDR, PIN_RX, 2, PULL_UP);
    GPIOA_MODER = with_field(with_field(GPIOA_MODER, PIN_TX, 2, MODE_ALTERNATE_FUNCTION), PIN_RX, 2,
                             MODE_ALTERNATE_FUNCTION);

    USART2_CR1 = 0;
    USART2_BRR = (bus_hz() + BOARD_UART_BAUD / 2) / BOARD_UART_BAUD;
    USART2_CR1 = USART_CR1_UE | USART_CR1_RE | USART_CR1_TE;
    return BOARD_OK; /* this USART has no flag that would acknowledge it */
}

bool board_uart_read(uint8_t *byte)
{
    for (uint32_t polls = READ_POLLS; polls != 0; polls--) {
        const uint32_t status = USART2_SR;
        if (status & (USART_SR_RXNE | LINE_ERRORS)) {
            *byte = (uint8_t)USART2_DR; /* ORE may stand without RXNE; the frame's CRC tells what was lost */
        }
        if (status & USART_SR_RXNE) {
            return true;
        }
        delay_one_poll();
    }
    return false;
}

bool board_uart_write(const uint8_t *bytes, size_t byte_count)
{
    for (size_t i = 0; i < byte_count; i++) {
        if (!wait_until(&USART2_SR, USART_SR_TXE, USART_SR_TXE)) {
            return false;
        }
        USART2_DR = bytes[i];
    }
    return wait_until(&USART2_SR, USART_SR_TC, USART_SR_TC);
}
