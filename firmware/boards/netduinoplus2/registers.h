/*
 * The few registers of the STM32F405 that the firmware uses. Addresses and bits: ST RM0090 (reference manual of the
 * STM32F405/407), the section named at each block; base addresses: RM0090 section 2.3, memory map.
 */
#ifndef FIRMWARE_BOARDS_NETDUINOPLUS2_REGISTERS_H
#define FIRMWARE_BOARDS_NETDUINOPLUS2_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* RM0090 "Embedded Flash memory interface", FLASH_ACR */
#define FLASH_ACR REGISTER(0x40023C00u)
#define FLASH_ACR_LATENCY_MASK 0x7u
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ICEN (1u << 9)
#define FLASH_ACR_DCEN (1u << 10)

/* RM0090 "Reset and clock control for STM32F405xx/07xx" */
#define RCC_CR REGISTER(0x40023800u)
#define RCC_CR_HSION (1u << 0)
#define RCC_CR_HSIRDY (1u << 1)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR REGISTER(0x40023804u) /* PLLSRC, bit 22, 0: HSI */
#define RCC_PLLCFGR_PLLM_SHIFT 0
#define RCC_PLLCFGR_PLLN_SHIFT 6
#define RCC_PLLCFGR_PLLP_SHIFT 16 /* holds P / 2 - 1 */
#define RCC_PLLCFGR_PLLQ_SHIFT 24
#define RCC_CFGR REGISTER(0x40023808u)
#define RCC_CFGR_SW_MASK 0x3u
#define RCC_CFGR_SW_PLL 0x2u
#define RCC_CFGR_SWS_SHIFT 2
#define RCC_CFGR_SWS_MASK (3u << RCC_CFGR_SWS_SHIFT)
#define RCC_CFGR_PRESCALERS_MASK (0xFu << 4 | 7u << 10 | 7u << 13) /* HPRE, PPRE1, PPRE2; 0: not divided */
#define RCC_CFGR_PPRE1_MASK (7u << 10)
#define RCC_CFGR_PPRE1_BY_4 (5u << 10)
#define RCC_CFGR_PPRE2_BY_2 (4u << 13)
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_AHB1ENR_GPIOAEN (1u << 0)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_APB1ENR_USART2EN (1u << 17)

/* RM0090 "General-purpose I/Os"; two bits a pin, in AFRL four */
#define GPIOA_MODER REGISTER(0x40020000u)
#define GPIOA_PUPDR REGISTER(0x4002000Cu)
#define GPIOA_AFRL REGISTER(0x40020020u)

/* RM0090 "Universal synchronous asynchronous receiver transmitter" */
#define USART2_SR REGISTER(0x40004400u)
#define USART_SR_FE (1u << 1)
#define USART_SR_NF (1u << 2)
#define USART_SR_ORE (1u << 3)
#define USART_SR_RXNE (1u << 5)
#define USART_SR_TC (1u << 6)
#define USART_SR_TXE (1u << 7)
#define USART2_DR REGISTER(0x40004404u) /* reading it after SR clears RXNE and the line errors */
#define USART2_BRR REGISTER(0x40004408u)
#define USART2_CR1 REGISTER(0x4000440Cu)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_UE (1u << 13)

#endif
