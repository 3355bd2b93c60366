/*
 * What every Cortex-M4F board shares: the core's own registers (Arm DDI0403, ARMv7-M Architecture Reference Manual,
 * section B3 System Control Space and C1 DWT) and the symbols of a board's link.ld (firmware/boards/board.h).
 */
#ifndef FIRMWARE_CORTEX_M4_CORE_H
#define FIRMWARE_CORTEX_M4_CORE_H

#include <stdint.h>

#define CORE_REGISTER(address) (*(volatile uint32_t *)(address))

#define SCB_VTOR CORE_REGISTER(0xE000ED08u)
#define SCB_CFSR CORE_REGISTER(0xE000ED28u)
#define SCB_CPACR CORE_REGISTER(0xE000ED88u)
#define SCB_CPACR_FPU_FULL_ACCESS (0xFu << 20) /* coprocessors 10 and 11 */
#define CORE_DEMCR CORE_REGISTER(0xE000EDFCu)
#define CORE_DEMCR_TRCENA (1u << 24)
#define DWT_CTRL CORE_REGISTER(0xE0001000u)
#define DWT_CTRL_CYCCNTENA (1u << 0)
#define DWT_CYCCNT CORE_REGISTER(0xE0001004u)

extern const uint32_t _vectors[];
extern const char _image_end[];
extern const uint32_t _data_source[];
extern uint32_t _data_start[], _data_end[], _bss_start[], _bss_end[];
extern uint32_t _stack_top[];

/* Everything before is complete, everything after is fetched anew: what is timed cannot leak out of its bracket. */
static inline void core_barrier(void)
{
    __asm volatile("dsb\n\tisb" : : : "memory");
}

/* Starts the cycle counter from 0. */
static inline void core_cycles_start(void)
{
    CORE_DEMCR |= CORE_DEMCR_TRCENA;
    DWT_CYCCNT = 0;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

/* Core clock cycles, modulo 2^32. */
static inline uint32_t core_cycles(void)
{
    core_barrier();
    const uint32_t cycles = DWT_CYCCNT;
    core_barrier();
    return cycles;
}

/* The exception that is being handled, 0 in thread mode. */
static inline uint32_t core_exception(void)
{
    uint32_t number;

    __asm volatile("mrs %0, ipsr" : "=r"(number));
    return number;
}

/* The entry point: FPU, .data, .bss, then firmware_main. */
__attribute__((noreturn)) void reset_handler(void);

/* Handler of every exception: finds where it happened and calls firmware_fault with it. */
__attribute__((noreturn)) void fault_handler(void);

/* Given by the firmware: runs it. */
__attribute__((noreturn)) void firmware_main(void);

/* Given by the firmware: reports and stops. pc and lr are 0xFFFFFFFF where the stack was lost with them. */
__attribute__((noreturn)) void firmware_fault(uint32_t pc, uint32_t lr);

#endif
