/*
 * USART2 on PA2 (TX) and PA3 (RX), alternate function 7 (STM32L476 data sheet DS10198, alternate functions): the
 * virtual COM port of the NUCLEO-L476RG. Polled: one exchange is one request and its answer, so nothing arrives
 * while the network runs.
 */
#include "firmware/boards/board.h"
#include "firmware/boards/stm32l476/registers.h"
#include "firmware/boards/stm32l476/wait.h"

enum {
    PIN_TX = 2,
    PIN_RX = 3,
    ALTERNATE_FUNCTION_USART2 = 7,
    MODE_ALTERNATE_FUNCTION = 2,
    PULL_UP = 1, /* an open RX line must read as idle, not as noise */

    /* 200 polls a millisecond at 80 MHz: a character lasts 87 us, so none is missed between two polls. */
    POLL_CYCLES_MIN = 400,
    DELAY_LOOP_CYCLES_MIN = 2, /* SUBS 1, taken BNE 1 at the least */
    READ_POLLS = BOARD_BYTE_TIMEOUT_MS * 200,
};
_Static_assert(READ_POLLS * POLL_CYCLES_MIN >= 80000 * BOARD_BYTE_TIMEOUT_MS, "the timeout must hold at 80 MHz");

bool wait_until(const volatile uint32_t *status, uint32_t mask, uint32_t value)
{
    for (uint32_t polls = 20000; polls != 0; polls--) {
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

enum board_status board_uart_start(void)
{
    RCC_AHB2ENR |= RCC_AHB2ENR_GPIOAEN;
    RCC_APB1ENR1 |= RCC_APB1ENR1_USART2EN;
    (void)RCC_APB1ENR1; /* as in clock.c */

    GPIOA_AFRL = with_field(with_field(GPIOA_AFRL, PIN_TX, 4, ALTERNATE_FUNCTION_USART2), PIN_RX, 4,
                            ALTERNATE_FUNCTION_USART2);
    GPIOA_PUPDR = with_field(GPIOA_PUPDR, PIN_RX, 2, PULL_UP);
    GPIOA_MODER = with_field(with_field(GPIOA_MODER, PIN_TX, 2, MODE_ALTERNATE_FUNCTION), PIN_RX, 2,
                             MODE_ALTERNATE_FUNCTION);

    USART2_CR1 = 0; /* BRR may only be written while UE is 0 */
    USART2_BRR = (board_clock_hz() + BOARD_UART_BAUD / 2) / BOARD_UART_BAUD;
    USART2_CR1 = USART_CR1_UE | USART_CR1_RE | USART_CR1_TE;
    return wait_until(&USART2_ISR, USART_ISR_TEACK | USART_ISR_REACK, USART_ISR_TEACK | USART_ISR_REACK)
               ? BOARD_OK
               : BOARD_UART_NOT_READY;
}

bool board_uart_read(uint8_t *byte)
{
    for (uint32_t polls = READ_POLLS; polls != 0; polls--) {
        const uint32_t status = USART2_ISR;
        const uint32_t line_errors = status & (USART_ISR_FE | USART_ISR_NE | USART_ISR_ORE);
        if (line_errors != 0) {
            USART2_ICR = line_errors; /* ORE may stand without RXNE; the frame's CRC tells what was lost */
        }
        if (status & USART_ISR_RXNE) {
            *byte = (uint8_t)USART2_RDR;
            return true;
        }
        delay_one_poll();
    }
    return false;
}

bool board_uart_write(const uint8_t *bytes, size_t byte_count)
{
    for (size_t i = 0; i < byte_count; i++) {
        if (!wait_until(&USART2_ISR, USART_ISR_TXE, USART_ISR_TXE)) {
            return false;
        }
        USART2_TDR = bytes[i];
    }
    return wait_until(&USART2_ISR, USART_ISR_TC, USART_ISR_TC);
}
