/* Four filters times pairs of widened windows: where a convolution spends its time (internal/convolution.h).
 *
 * Assembly, because a tile of 4 x 2 sums with its pointers takes every register, and a tile enters the unrolled loop in its
 * middle. In the loop: r0 windows, r1 weights, r2 and r3 weights, r12 and lr values; r4 and r6 sums of the first filter of
 * each pair for the first window, r5 and r7 raw sums (256 times the second filter's plus the first's), r8 to r11 the same
 * for the second window.
 */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

    .equ ENTRY, 0 /* The frame, below the saved registers. */
    .equ QUAD, 4
    .equ WEIGHTS_END, 8 /* one less where the rounding is signed */
    .equ WINDOW_STEP, 12
    .equ OUTPUT_STEP, 16
    .equ OUTPUT, 20
    .equ OUTPUT_END, 24
    .equ FRAME, 32 /* Keeps the stack 8-aligned. */

/* Two values of both windows times four filters: 56 bytes. */
    .macro multiply_half
    ldr.w   r2, [r1], #4
    ldr.w   r3, [r1], #4
    ldr.w   r12, [r0], #4
    ldr.w   lr, [r0], #4
    smlad   r5, r2, r12, r5
    smlad   r7, r3, r12, r7
    smlad   r9, r2, lr, r9
    smlad   r11, r3, lr, r11
    sxtb16  r2, r2
    sxtb16  r3, r3
    smlad   r4, r2, r12, r4
    smlad   r6, r3, r12, r6
    smlad   r8, r2, lr, r8
    smlad   r10, r3, lr, r10
    .endm

    .macro multiply_group
    multiply_half
    multiply_half
    .endm

/* Twice a sum, or 256 times it, to int8: factor, what is added, shift. */
    .macro finish sum, multiply
    \multiply \sum, \sum, r2, r3
    asr.w   \sum, \sum, r12
    ssat    \sum, #8, \sum, asr #1
    .endm

/* The same with halves away from zero: twice a sum. */
    .macro finish_signed sum
    smmlar  lr, \sum, r2, r3
    add     \sum, lr, \sum, asr #31
    asr.w   \sum, \sum, r12
    ssat    \sum, #8, \sum, asr #1
    .endm

/* void edgeplug_convolve_quad(const uint32_t *quad, const uint32_t *windows, int8_t *output, const edgeplug_quad_run *run) */
    .section .text.edgeplug_convolve_quad, "ax", %progbits
    .balign 8
    .global edgeplug_convolve_quad
    .type edgeplug_convolve_quad, %function
    .thumb_func
edgeplug_convolve_quad:
    push.w  {r4-r11, lr}
    sub     sp, #FRAME
    ldmia.w r3, {r4, r5, r6, r7, r8} /* Groups, pairs, steps, signed. */
    lsl.w   r9, r4, #4
    add.w   r10, r0, r9
    add.w   r10, r10, #16
    sub.w   r10, r10, r8
    sub.w   r6, r6, r9              /* The loop goes that far by itself. */
    mul     r5, r5, r7
    add.w   r3, r2, r5, lsl #1
    strd    r0, r10, [sp, #QUAD]
    strd    r6, r7, [sp, #WINDOW_STEP]
    strd    r2, r3, [sp, #OUTPUT]
    /* The first turn enters where what is left are whole turns. */
    negs    r4, r4
    and     r4, r4, #3
    rsb     r4, r4, r4, lsl #3
    adr.w   r3, 1f
    add.w   r3, r3, r4, lsl #4
    str     r3, [sp, #ENTRY]
    mov     r3, r0
    mov     r0, r1
    mov     r1, r3
0:
    ldmia.w r1!, {r4, r5, r6, r7}
    ldr.w   lr, [sp, #ENTRY]
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    mov     pc, lr
    .balign 8
1:
    multiply_group
    multiply_group
    multiply_group
    multiply_group
    ldr     r2, [sp, #WEIGHTS_END]
    cmp     r1, r2
    blo.w   1b
    sub.w   r5, r5, r4
    sub.w   r7, r7, r6
    sub.w   r9, r9, r8
    sub.w   r11, r11, r10
    lsl.w   r4, r4, #1
    lsl.w   r6, r6, #1
    lsl.w   r8, r8, #1
    lsl.w   r10, r10, #1
    bhi.w   3f
    ldmia.w r1!, {r2, r3, r12}
    finish  r4, smmlar
    finish  r8, smmlar
    ldmia.w r1!, {r2, r3, r12}
    finish  r5, smmla
    finish  r9, smmla
    ldmia.w r1!, {r2, r3, r12}
    finish  r6, smmlar
    finish  r10, smmlar
    ldmia.w r1!, {r2, r3, r12}
    finish  r7, smmla
    finish  r11, smmla
2:
    ldr.w   lr, [sp, #OUTPUT]
    ldr     r3, [sp, #OUTPUT_STEP]
    ldr.w   r12, [sp, #WINDOW_STEP]
    ldr     r2, [sp, #OUTPUT_END]
    ldr     r1, [sp, #QUAD]
    add     r0, r12
    add.w   r12, lr, r3
    add     r3, r12
    strb.w  r4, [lr]
    strb.w  r5, [lr, #1]
    strb.w  r6, [lr, #2]
    strb.w  r7, [lr, #3]
    strb.w  r8, [r12]
    strb.w  r9, [r12, #1]
    strb.w  r10, [r12, #2]
    strb.w  r11, [r12, #3]
    str     r3, [sp, #OUTPUT]
    cmp     r3, r2
    bne.w   0b
    add     sp, #FRAME
    pop.w   {r4-r11, pc}
3:
    asr.w   r5, r5, #7
    asr.w   r7, r7, #7
    asr.w   r9, r9, #7
    asr.w   r11, r11, #7
    ldmia.w r1!, {r2, r3, r12}
    finish_signed r4
    finish_signed r8
    ldmia.w r1!, {r2, r3, r12}
    finish_signed r5
    finish_signed r9
    ldmia.w r1!, {r2, r3, r12}
    finish_signed r6
    finish_signed r10
    ldmia.w r1!, {r2, r3, r12}
    finish_signed r7
    finish_signed r11
    b       2b
    .size edgeplug_convolve_quad, . - edgeplug_convolve_quad

#endif
