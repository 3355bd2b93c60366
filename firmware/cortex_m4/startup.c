/*
 * Vector table and reset handler.
 *
 * The table ends with the core's own 16 vectors: the firmware enables no interrupt in the NVIC, all are disabled after
 * reset (DDI0403 B3.4), and so none of the 82 vectors of an STM32L476 could ever be fetched; they would cost 328 bytes.
 * Whoever enables one has to lengthen the table.
 */
#include "firmware/cortex_m4/core.h"

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(uintptr_t)_stack_top,
    reset_handler,
    fault_handler, /* NMI */
    fault_handler, /* HardFault, and for want of enabled ones also MemManage, BusFault and UsageFault */
    fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
    fault_handler, /* SVCall */
    fault_handler, fault_handler,
    fault_handler, /* PendSV */
    fault_handler, /* SysTick */
};

void reset_handler(void)
{
    /* First, since compiled code may use the FPU from here on. */
    SCB_CPACR |= SCB_CPACR_FPU_FULL_ACCESS;
    core_barrier();
    /* The boot alias at address 0 is remappable; flash itself is not. */
    SCB_VTOR = (uint32_t)(uintptr_t)_vectors;

    const uint32_t *source = _data_source;
    for (uint32_t *word = _data_start; word != _data_end; word++) {
        *word = *source++;
    }
    for (uint32_t *word = _bss_start; word != _bss_end; word++) {
        *word = 0;
    }
    firmware_main();
}
