/*
 * Exception entry. The stack pointer may be what broke, so the handler takes a fresh stack before anything else, and
 * believes the exception frame only where it lies within the reserved stack.
 */
#include "firmware/cortex_m4/core.h"

/* Frame (DDI0403 B1.5.6): r0, r1, r2, r3, r12, lr, pc, xpsr, 8 words from the stack pointer upwards. */
__attribute__((naked)) void fault_handler(void)
{
    __asm volatile("mov r0, sp\n\t"
                   "ldr r2, =_stack_top\n\t"
                   "mov sp, r2\n\t"
                   "subs r2, #32\n\t"
                   "cmp r0, r2\n\t"
                   "bhi 1f\n\t"
                   "ldr r2, =_stack_bottom\n\t"
                   "cmp r0, r2\n\t"
                   "blo 1f\n\t"
                   "ldrd r1, r0, [r0, #20]\n\t"
                   "b firmware_fault\n"
                   "1:\n\t"
                   "mov r0, #-1\n\t"
                   "mov r1, r0\n\t"
                   "b firmware_fault\n\t"
                   ".ltorg");
}
