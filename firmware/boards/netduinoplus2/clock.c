/*
 * 168 MHz for the STM32F405: HSI (16 MHz, no crystal needed; 1 % at 25 degrees) / M 8 * N 168 / P 2.
 * The order is that of RM0090: wait states before the faster clock and read back ("Relation between CPU clock
 * frequency and Flash memory read time"), PLL stopped, configured, started ("PLL configuration"), bus prescalers, and the
 * switch last. The regulator is left in scale 1, which 168 MHz needs and which it has after reset.
 */
#include "firmware/boards/board.h"
#include "firmware/boards/netduinoplus2/registers.h"
#include "firmware/boards/netduinoplus2/wait.h"

enum {
    FLASH_WAIT_STATES = 5, /* RM0090, table of wait states: 2.7 to 3.6 V, up to 168 MHz */
    PLL_M = 8,             /* VCO input 2 MHz, as recommended against jitter */
    PLL_N = 168,           /* VCO 336 MHz, allowed are 100 to 432 MHz */
    PLL_P = 2,             /* 168 MHz */
    PLL_Q = 7,             /* 48 MHz; not used, but 0 and 1 are not allowed */
    HSI_MHZ = 16,
};

/* The core runs on HSI after reset, whose bits are set there: a register that reads 0 does not exist. */
static bool has_clock_control(void)
{
    return RCC_CR != 0;
}

static enum board_status set_flash_wait_states(void)
{
    FLASH_ACR = (FLASH_ACR & ~FLASH_ACR_LATENCY_MASK) | FLASH_WAIT_STATES | FLASH_ACR_PRFTEN | FLASH_ACR_ICEN |
                FLASH_ACR_DCEN;
    return wait_until(&FLASH_ACR, FLASH_ACR_LATENCY_MASK, FLASH_WAIT_STATES) ? BOARD_OK : BOARD_FLASH_LATENCY_NOT_SET;
}

static enum board_status start_pll(void)
{
    RCC_CR |= RCC_CR_HSION;
    if (!wait_until(&RCC_CR, RCC_CR_HSIRDY, RCC_CR_HSIRDY)) {
        return BOARD_OSCILLATOR_NOT_READY;
    }
    RCC_CR &= ~RCC_CR_PLLON;
    if (!wait_until(&RCC_CR, RCC_CR_PLLRDY, 0)) {
        return BOARD_PLL_NOT_STOPPED;
    }
    RCC_PLLCFGR = PLL_M << RCC_PLLCFGR_PLLM_SHIFT | PLL_N << RCC_PLLCFGR_PLLN_SHIFT |
                  (PLL_P / 2 - 1) << RCC_PLLCFGR_PLLP_SHIFT | PLL_Q << RCC_PLLCFGR_PLLQ_SHIFT;
    RCC_CR |= RCC_CR_PLLON;
    return wait_until(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY) ? BOARD_OK : BOARD_PLL_NOT_READY;
}

static enum board_status switch_to_pll(void)
{
    /* The buses allow 42 and 84 MHz, so their prescalers come before the clock that needs them. */
    RCC_CFGR = (RCC_CFGR & ~RCC_CFGR_PRESCALERS_MASK) | RCC_CFGR_PPRE1_BY_4 | RCC_CFGR_PPRE2_BY_2;
    RCC_CFGR = (RCC_CFGR & ~RCC_CFGR_SW_MASK) | RCC_CFGR_SW_PLL;
    return wait_until(&RCC_CFGR, RCC_CFGR_SWS_MASK, RCC_CFGR_SW_PLL << RCC_CFGR_SWS_SHIFT) ? BOARD_OK
                                                                                           : BOARD_CLOCK_NOT_SWITCHED;
}

enum board_status board_clock_start(void)
{
    enum board_status (*const steps[])(void) = {set_flash_wait_states, start_pll, switch_to_pll};

    /* QEMU's netduinoplus2 has no RCC: there is nothing to start, and board_clock_hz says the clock after reset. */
    for (size_t i = 0; has_clock_control() && i < sizeof steps / sizeof steps[0]; i++) {
        const enum board_status status = steps[i]();
        if (status != BOARD_OK) {
            return status;
        }
    }
    return BOARD_OK;
}

uint32_t board_clock_hz(void)
{
    /* By SWS: HSI, HSE (never switched to), PLL, and a value that the chip does not have. */
    static const uint8_t clocks_mhz[] = {HSI_MHZ, 0, HSI_MHZ / PLL_M * PLL_N / PLL_P, 0};

    return clocks_mhz[(RCC_CFGR & RCC_CFGR_SWS_MASK) >> RCC_CFGR_SWS_SHIFT] * 1000000u;
}
