/* Quads of filters times one widened input: where a fully connected layer spends its time (internal/quads.h).
 *
 * Assembly, because the loop takes every register, and a quad enters the unrolled loop in its middle.
 * In the loop r3 is the end of the values; the other registers are multiply_group's.
 */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

    .equ VALUES, 0 /* The frame, below the saved registers. */
    .equ END, 4
    .equ OUTPUT, 8
    .equ LEFT, 12
    .equ ENTRY, 16
    .equ FACTORS, 20
    .equ STEP, 24
    .equ OFFSET, 28
    .equ FRAME, 32

#include "cmsis/kernels/internal/multiply_group.inc"

/* requantize_once of twice a sum, the output's zero point and saturation; r3 holds the layer's offset. */
    .macro finish sum, factor, shift
    lsl.w   r0, r3, \shift
    smmla   \sum, \sum, \factor, r0
    asr.w   \sum, \sum, \shift
    ssat    \sum, #8, \sum, asr #1
    .endm

/* Two filters: r10 and r11 are the first one's factor and shift, r12 and lr the second one's; r9 the step to the next. */
    .macro finish_pair sum, raw
    ldmia.w r8, {r10, r11, r12, lr}
    sub.w   \raw, \raw, \sum
    asr.w   \raw, \raw, #7
    lsl.w   \sum, \sum, #1
    add.w   r8, r8, r9
    finish  \sum, r10, r11
    finish  \raw, r12, lr
    .endm

/* int8_t *edgeplug_multiply_quads(const edgeplug_fully_connected *layer, const uint32_t *values, int8_t *output) */
    .section .text.edgeplug_multiply_quads, "ax", %progbits
    .balign 8
    .global edgeplug_multiply_quads
    .type edgeplug_multiply_quads, %function
    .thumb_func
edgeplug_multiply_quads:
    push.w  {r4-r11, lr}
    sub     sp, #FRAME
    ldmia.w r0, {r3-r8}         /* Weights, factors, their step, offset, groups, units. */
    strd    r4, r5, [sp, #FACTORS]
    str     r6, [sp, #OFFSET]
    add.w   r4, r1, r7, lsl #3
    strd    r1, r4, [sp, #VALUES]
    strd    r2, r8, [sp, #OUTPUT]
    mov     r1, r3
    /* The first turn enters where what is left are whole turns. */
    negs    r7, r7
    and     r7, r7, #3
    rsb     r7, r7, r7, lsl #3
    adr.w   r4, 1f
    add.w   r4, r4, r7, lsl #3
    str     r4, [sp, #ENTRY]
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
    ldrd    r8, r9, [sp, #FACTORS]
    ldr     r3, [sp, #OFFSET]
    finish_pair r4, r5
    finish_pair r6, r7
    str.w   r8, [sp, #FACTORS]
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
    .size edgeplug_multiply_quads, . - edgeplug_multiply_quads

#endif
