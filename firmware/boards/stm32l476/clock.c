/*
 * 80 MHz for the STM32L476: HSI16 (16 MHz, 1 % over temperature, no crystal needed) / M 1 * N 10 / R 2.
 * The order is that of RM0351: voltage range 1 ("Dynamic voltage scaling management"), wait states before the faster
 * clock and read back ("Increasing the CPU frequency"), PLL stopped, configured, started ("PLL configuration"), and
 * the switch last. clock_functest.py holds it to that.
 */
#include "firmware/boards/board.h"
#include "firmware/boards/stm32l476/registers.h"
#include "firmware/boards/stm32l476/wait.h"

enum {
    FLASH_WAIT_STATES = 4, /* RM0351, table of wait states: range 1, up to 80 MHz */
    PLL_M = 1,             /* VCO input 16 MHz, allowed are 4 to 16 MHz */
    PLL_N = 10,            /* VCO 160 MHz, allowed are 64 to 344 MHz */
    PLL_R = 2,             /* 80 MHz */
};

static enum board_status use_voltage_range_1(void)
{
    RCC_APB1ENR1 |= RCC_APB1ENR1_PWREN;
    (void)RCC_APB1ENR1; /* the enabled clock takes effect two cycles later: RM0351, peripheral clock enable */
    PWR_CR1 = (PWR_CR1 & ~PWR_CR1_VOS_MASK) | PWR_CR1_VOS_RANGE_1;
    return wait_until(&PWR_SR2, PWR_SR2_VOSF, 0) ? BOARD_OK : BOARD_VOLTAGE_NOT_READY;
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
    RCC_PLLCFGR = RCC_PLLCFGR_PLLSRC_HSI16 | (PLL_M - 1) << RCC_PLLCFGR_PLLM_SHIFT | PLL_N << RCC_PLLCFGR_PLLN_SHIFT |
                  (PLL_R / 2 - 1) << RCC_PLLCFGR_PLLR_SHIFT;
    RCC_CR |= RCC_CR_PLLON;
    RCC_PLLCFGR |= RCC_PLLCFGR_PLLREN;
    return wait_until(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY) ? BOARD_OK : BOARD_PLL_NOT_READY;
}

static enum board_status switch_to_pll(void)
{
    RCC_CFGR = (RCC_CFGR & ~(RCC_CFGR_SW_MASK | RCC_CFGR_PRESCALERS_MASK)) | RCC_CFGR_SW_PLL;
    return wait_until(&RCC_CFGR, RCC_CFGR_SWS_MASK, RCC_CFGR_SW_PLL << RCC_CFGR_SWS_SHIFT) ? BOARD_OK
                                                                                           : BOARD_CLOCK_NOT_SWITCHED;
}

enum board_status board_clock_start(void)
{
    enum board_status (*const steps[])(void) = {use_voltage_range_1, set_flash_wait_states, start_pll, switch_to_pll};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const enum board_status status = steps[i]();
        if (status != BOARD_OK) {
            return status;
        }
    }
    return BOARD_OK;
}

uint32_t board_clock_hz(void)
{
    /* By SWS: MSI in its range after reset, HSI16, HSE (never switched to), PLL. */
    static const uint8_t clocks_mhz[] = {4, 16, 0, 16 / PLL_M * PLL_N / PLL_R};

    return clocks_mhz[(RCC_CFGR & RCC_CFGR_SWS_MASK) >> RCC_CFGR_SWS_SHIFT] * 1000000u;
}
