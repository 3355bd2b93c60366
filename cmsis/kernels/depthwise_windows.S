/* Depthwise convolution by windows of any size, four channels and two taps at a time (internal/depthwise_any.h).
 *
 * Assembly, because the sums, pointers and two taps take every register. In the loops: r0 record, r1 next row of taps, r3 bytes
 * from a row's start to the window, r4 to r7 sums, r8 taps, r9 pairs of taps left, r12 bytes from one tap to the next.
 */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

    .equ RECORD, 0 /* The frame: members of edgeplug_depthwise_windows. */
    .equ ROWS_END, 8
    .equ PAIRS, 12
    .equ WINDOW_STEP, 16
    .equ COUNT, 20
    .equ OUTPUT, 24
    .equ OUTPUT_STEP, 28
    .equ FRAME, 36 /* Keeps the stack 8-aligned. */

/* Twice a sum to int8, halves away from zero. */
    .macro rescale sum
    ldmia.w r0!, {r8, r9, r10}
    add.w   r11, r9, \sum, asr #31
    smmlar  \sum, \sum, r8, r11
    asr.w   \sum, \sum, r10
    ssat    \sum, #8, \sum
    .endm

/* void edgeplug_copy_quads(uint32_t *taps, const int8_t *source, int32_t step, int32_t count) */
    .section .text.edgeplug_copy_quads, "ax", %progbits
    .balign 8
    .global edgeplug_copy_quads
    .type edgeplug_copy_quads, %function
    .thumb_func
edgeplug_copy_quads:
    push    {r4, lr}
    lsrs    r3, r3, #1
    bcc     1f
    ldr     r4, [r1]
    add     r1, r2
    str     r4, [r0], #4
    beq     2f
    .balign 4
1:
    ldr.w   r4, [r1]
    ldr.w   r12, [r1, r2]
    add.w   r1, r1, r2, lsl #1
    subs.w  r3, r3, #1
    str.w   r4, [r0], #4
    str.w   r12, [r0], #4
    bne.w   1b
2:
    pop     {r4, pc}
    .size edgeplug_copy_quads, . - edgeplug_copy_quads

/* void edgeplug_convolve_windows(const edgeplug_depthwise_windows *windows) */
    .section .text.edgeplug_convolve_windows, "ax", %progbits
    .balign 8
    .global edgeplug_convolve_windows
    .type edgeplug_convolve_windows, %function
    .thumb_func
edgeplug_convolve_windows:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldmia.w r0, {r1-r8, r12}
    stmia.w sp, {r1-r8}
    movs    r3, #0
0:
    ldrd    r0, r1, [sp, #RECORD]
    ldmia.w r0!, {r4, r5, r6, r7}
1:
    ldr.w   r8, [r1], #4
    ldr.w   r9, [sp, #PAIRS]
    add     r8, r3
    .balign 4
2:
    ldr.w   r10, [r8]
    ldr.w   r11, [r8, r12]
    ldr.w   r2, [r0], #4
    add.w   r8, r8, r12, lsl #1
    pkhbt   lr, r10, r11, lsl #16
    pkhtb   r11, r11, r10, asr #16
    sxtb16  r10, lr
    smlad   r4, r10, r2, r4
    ldr.w   r2, [r0], #4
    ldr.w   r10, [r0], #4
    sxtb16  lr, lr, ror #8
    smlad   r5, lr, r2, r5
    ldr.w   r2, [r0], #4
    sxtb16  lr, r11
    smlad   r6, lr, r10, r6
    sxtb16  r11, r11, ror #8
    smlad   r7, r11, r2, r7
    subs.w  r9, r9, #1
    bne.w   2b
    ldr     r2, [sp, #ROWS_END]
    cmp     r1, r2
    bne     1b
    rescale r4
    rescale r5
    rescale r6
    rescale r7
    ldrd    r1, r2, [sp, #OUTPUT]
    strb    r4, [r1]
    strb    r5, [r1, #1]
    strb    r6, [r1, #2]
    strb    r7, [r1, #3]
    add     r1, r2
    str     r1, [sp, #OUTPUT]
    ldrd    r1, r2, [sp, #WINDOW_STEP]
    add     r3, r1
    subs    r2, #1
    str     r2, [sp, #COUNT]
    bne     0b
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size edgeplug_convolve_windows, . - edgeplug_convolve_windows

#endif
