/* Quads of units times one widened input, rescaled by a fixed shift (internal/rows_quads.h): as multiply_quads.S, with factors and addends
 * behind the weights and one shift for all, which makes it shorter and faster. In the loop r3 is the end of the values.
 */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

#include "cmsis/kernels/internal/multiply_group.inc"

    .equ VALUES, 0 /* The frame, below the saved registers. */
    .equ END, 4
    .equ OUTPUT, 8
    .equ LEFT, 12
    .equ ENTRY, 16
    .equ SHIFT, 20
    .equ FRAME, 24

/* Two units; their sum and 256 times the other's, which the raw sum holds; r3 the shift. */
    .macro finish_pair sum, raw
    ldmia.w r1!, {r8, r9, r10, r11}
    sub.w   \raw, \raw, \sum
    lsl.w   \sum, \sum, #8
    smmla   \sum, \sum, r8, r9
    smmla   \raw, \raw, r10, r11
    asr.w   \sum, \sum, r3
    asr.w   \raw, \raw, r3
    ssat    \sum, #8, \sum
    ssat    \raw, #8, \raw
    .endm

/* int8_t *edgeplug_multiply_rows_quads(const edgeplug_rows *layer, const uint32_t *values, int8_t *output) */
    .section .text.edgeplug_multiply_rows_quads, "ax", %progbits
    .balign 8
    .global edgeplug_multiply_rows_quads
    .type edgeplug_multiply_rows_quads, %function
    .thumb_func
edgeplug_multiply_rows_quads:
    push.w  {r4-r11, lr}
    sub     sp, #FRAME
    ldmia   r0, {r3, r4, r5, r6}    /* Quads, groups, units, shift. */
    add.w   r7, r1, r4, lsl #3
    strd    r1, r7, [sp, #VALUES]
    strd    r2, r5, [sp, #OUTPUT]
    str     r6, [sp, #SHIFT]
    mov     r1, r3
    /* The first turn enters where what is left are whole turns. */
    negs    r4, r4
    and     r4, r4, #3
    rsb     r4, r4, r4, lsl #3
    adr.w   r5, 1f
    add.w   r5, r5, r4, lsl #3
    str     r5, [sp, #ENTRY]
0:
    ldrd    r0, r3, [sp, #VALUES]
    ldr.w   lr, [sp, #ENTRY]
    ldmia.w r1!, {r4, r5, r6, r7}
    mov     pc, lr
    .balign 8
1:
    multiply_group
    multiply_group
    multiply_group
    multiply_group
    cmp     r0, r3
    bne.w   1b
    ldr     r3, [sp, #SHIFT]
    finish_pair r4, r5
    finish_pair r6, r7
    ldrd    r2, r3, [sp, #OUTPUT]
    strb    r4, [r2], #1
    cmp     r3, #2
    it      ge
    strbge  r5, [r2], #1
    it      gt
    strbgt  r6, [r2], #1
    subs    r3, #4
    it      ge
    strbge  r7, [r2], #1
    strd    r2, r3, [sp, #OUTPUT]
    bgt     0b
    mov     r0, r2
    add     sp, #FRAME
    pop.w   {r4-r11, pc}
    .size edgeplug_multiply_rows_quads, . - edgeplug_multiply_rows_quads

#endif
