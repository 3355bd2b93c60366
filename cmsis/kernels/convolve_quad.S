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
    .equ WINDOWS, 4
    .equ QUAD, 8
    .equ WEIGHTS_END, 12
    .equ PAIRS, 16 /* From here on as in edgeplug_quad_run. */
    .equ WINDOW_STEP, 20
    .equ OUTPUT_STEP, 24
    .equ SIGNED, 28
    .equ OUTPUT, 32
    .equ FRAME, 40 /* Keeps the stack 8-aligned. */

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
    add.w   r3, r0, r4, lsl #4
    add.w   r9, r3, #16
    add.w   r3, sp, #QUAD
    stmia.w r3, {r0, r9}
    add     r3, sp, #PAIRS
    stmia   r3!, {r5, r6, r7}
    strd    r8, r2, [sp, #SIGNED]
    /* The first turn enters where what is left are whole turns. */
    negs    r4, r4
    and     r4, r4, #3
    rsb     r4, r4, r4, lsl #3
    adr.w   r3, 1f
    add.w   r3, r3, r4, lsl #4
    strd    r3, r1, [sp, #ENTRY]
0:
    ldr.w   lr, [sp, #ENTRY]
    ldr     r0, [sp, #WINDOWS]
    ldr     r1, [sp, #QUAD]
    ldmia.w r1!, {r4, r5, r6, r7}
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
    bne.w   1b
    sub.w   r5, r5, r4
    sub.w   r7, r7, r6
    sub.w   r9, r9, r8
    sub.w   r11, r11, r10
    lsls    r4, r4, #1
    lsls    r6, r6, #1
    lsl.w   r8, r8, #1
    lsl.w   r10, r10, #1
    ldr     r2, [sp, #SIGNED]
    cmp     r2, #0
    bne.w   3f
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
    ldr     r0, [sp, #WINDOWS]
    ldr     r1, [sp, #WINDOW_STEP]
    ldr     r2, [sp, #PAIRS]
    add.w   r12, lr, r3
    add     r0, r1
    add     r3, r12
    strb.w  r4, [lr]
    strb.w  r5, [lr, #1]
    strb.w  r6, [lr, #2]
    strb.w  r7, [lr, #3]
    strb.w  r8, [r12]
    strb.w  r9, [r12, #1]
    strb.w  r10, [r12, #2]
    strb.w  r11, [r12, #3]
    subs    r2, #1
    str     r0, [sp, #WINDOWS]
    str     r2, [sp, #PAIRS]
    str     r3, [sp, #OUTPUT]
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

/* void edgeplug_widen_pair(uint32_t *windows, const int8_t *first, const int8_t *second, int32_t groups) */
    .section .text.edgeplug_widen_pair, "ax", %progbits
    .balign 8
    .global edgeplug_widen_pair
    .type edgeplug_widen_pair, %function
    .thumb_func
edgeplug_widen_pair:
    push.w  {r4-r11, lr}
    lsrs    r3, r3, #1
    bcc     2f
    ldr     r6, [r1], #4
    ldr     r7, [r2], #4
    sxtb16  r4, r6
    sxtb16  r5, r7
    sxtb16  r6, r6, ror #8
    sxtb16  r7, r7, ror #8
    stmia   r0!, {r4, r5, r6, r7}
    cbz     r3, 3f
    .balign 4
2:
    ldr.w   r6, [r1], #4
    ldr.w   r10, [r1], #4
    ldr.w   r7, [r2], #4
    ldr.w   r11, [r2], #4
    sxtb16  r4, r6
    sxtb16  r5, r7
    sxtb16  r6, r6, ror #8
    sxtb16  r7, r7, ror #8
    sxtb16  r8, r10
    sxtb16  r9, r11
    sxtb16  r10, r10, ror #8
    sxtb16  r11, r11, ror #8
    subs    r3, #1
    stmia.w r0!, {r4, r5, r6, r7, r8, r9, r10, r11}
    bne     2b
3:
    pop.w   {r4-r11, pc}
    .size edgeplug_widen_pair, . - edgeplug_widen_pair

/* void edgeplug_copy_words(uint32_t *target, const uint32_t *source, int32_t blocks) */
    .section .text.edgeplug_copy_words, "ax", %progbits
    .balign 8
    .global edgeplug_copy_words
    .type edgeplug_copy_words, %function
    .thumb_func
edgeplug_copy_words:
    push    {r4, r5, r6, lr}
4:
    ldmia   r1!, {r3, r4, r5, r6}
    subs    r2, #1
    stmia   r0!, {r3, r4, r5, r6}
    bne     4b
    pop     {r4, r5, r6, pc}
    .size edgeplug_copy_words, . - edgeplug_copy_words

#endif
