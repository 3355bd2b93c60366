/*
 * The few registers of the STM32L476 that the firmware uses. Addresses and bits: ST RM0351 (reference manual of the
 * STM32L47x), the section named at each block; base addresses: RM0351 section 2.2.2, memory map.
 */
#ifndef FIRMWARE_BOARDS_STM32L476_REGISTERS_H
#define FIRMWARE_BOARDS_STM32L476_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* RM0351 "Embedded Flash memory", FLASH_ACR */
#define FLASH_ACR REGISTER(0x40022000u)
#define FLASH_ACR_LATENCY_MASK 0x7u
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ICEN (1u << 9)
#define FLASH_ACR_DCEN (1u << 10)

/* RM0351 "Power control", PWR_CR1 and PWR_SR2 */
#define PWR_CR1 REGISTER(0x40007000u)
#define PWR_CR1_VOS_MASK (3u << 9)
#define PWR_CR1_VOS_RANGE_1 (1u << 9)
#define PWR_SR2 REGISTER(0x40007014u)
#define PWR_SR2_VOSF (1u << 10)

/* RM0351 "Reset and clock control" */
#define RCC_CR REGISTER(0x40021000u)
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR REGISTER(0x40021008u)
#define RCC_CFGR_SW_MASK 0x3u
#define RCC_CFGR_SW_PLL 0x3u
#define RCC_CFGR_SWS_SHIFT 2
#define RCC_CFGR_SWS_MASK (3u << RCC_CFGR_SWS_SHIFT)
#define RCC_CFGR_PRESCALERS_MASK (0xFu << 4 | 7u << 8 | 7u << 11) /* HPRE, PPRE1, PPRE2; 0: not divided */
#define RCC_PLLCFGR REGISTER(0x4002100Cu)
#define RCC_PLLCFGR_PLLSRC_HSI16 0x2u
#define RCC_PLLCFGR_PLLM_SHIFT 4 /* holds M - 1 */
#define RCC_PLLCFGR_PLLN_SHIFT 8
#define RCC_PLLCFGR_PLLREN (1u << 24)
#define RCC_PLLCFGR_PLLR_SHIFT 25 /* holds R / 2 - 1 */
#define RCC_AHB2ENR REGISTER(0x4002104Cu)
#define RCC_AHB2ENR_GPIOAEN (1u << 0)
#define RCC_APB1ENR1 REGISTER(0x40021058u)
#define RCC_APB1ENR1_USART2EN (1u << 17)
#define RCC_APB1ENR1_PWREN (1u << 28)

/* RM0351 "General-purpose I/Os"; two bits a pin, in AFRL four */
#define GPIOA_MODER REGISTER(0x48000000u)
#define GPIOA_PUPDR REGISTER(0x4800000Cu)
#define GPIOA_AFRL REGISTER(0x48000020u)

/* RM0351 "Universal synchronous asynchronous receiver transmitter" */
#define USART2_CR1 REGISTER(0x40004400u)
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART2_BRR REGISTER(0x4000440Cu)
#define USART2_ISR REGISTER(0x4000441Cu)
#define USART_ISR_FE (1u << 1)
#define USART_ISR_NE (1u << 2)
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXE (1u << 7)
#define USART_ISR_TEACK (1u << 21)
#define USART_ISR_REACK (1u << 22)
#define USART2_ICR REGISTER(0x40004420u) /* its bits clear the ISR bits of the same place */
#define USART2_RDR REGISTER(0x40004424u)
#define USART2_TDR REGISTER(0x40004428u)

#endif
