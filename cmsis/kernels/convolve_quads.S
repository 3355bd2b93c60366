/* Four filters after four times pairs of widened windows: where a convolution spends its time (internal/convolution.h).
 *
 * Assembly, because a tile of 4 x 2 sums with its pointers takes every register, and a tile enters the unrolled loop in its
 * middle. In the loop: r0 windows, r1 weights, r2 and r3 weights, r12 and lr values; r4 and r6 sums of the first filter of
 * each pair for the first window, r5 and r7 raw sums (256 times the second filter's plus the first's), r8 to r11 the same
 * for the second window.
 */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

    .equ ENTRY, 0 /* The frame, below the saved registers: of a tile */
    .equ QUAD, 4
    .equ OUTPUT, 8
    .equ OUTPUT_STEP, 12
    .equ WINDOW_STEP, 16 /* less what the loop itself goes */
    .equ OUTPUT_END, 20
    .equ WEIGHTS_END, 24
    .equ WEIGHTS_BYTES, 28 /* of a quad, with its biases; one less where each filter has its shift */
    .equ OUTPUT_BYTES, 32
    .equ LEFT, 36
    .equ WINDOWS, 40
    .equ FRAME, 44

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

/* Two filters by the fixed shift: sums of the first one, differences to the raw sums, which are 256 times the second one's. */
    .macro finish_pair sum0, raw0, sum1, raw1
    ldmia.w r1!, {r2, r3, r12, lr}
    sub.w   \raw0, \raw0, \sum0
    sub.w   \raw1, \raw1, \sum1
    lsl.w   \sum0, \sum0, #8
    lsl.w   \sum1, \sum1, #8
    smmla   \sum0, \sum0, r2, r3
    smmla   \sum1, \sum1, r2, r3
    smmla   \raw0, \raw0, r12, lr
    smmla   \raw1, \raw1, r12, lr
    ssat    \sum0, #8, \sum0, asr #12
    ssat    \sum1, #8, \sum1, asr #12
    ssat    \raw0, #8, \raw0, asr #12
    ssat    \raw1, #8, \raw1, asr #12
    .endm

/* One filter, rounded twice: halves up, then by the shift, halves away from zero. */
    .macro finish_any sum0, sum1
    ldmia.w r1!, {r2, r3, r12}
    lsl.w   \sum0, \sum0, #1
    lsl.w   \sum1, \sum1, #1
    smmlar  lr, \sum0, r2, r3
    add     \sum0, lr, \sum0, asr #31
    smmlar  lr, \sum1, r2, r3
    add     \sum1, lr, \sum1, asr #31
    asr.w   \sum0, \sum0, r12
    asr.w   \sum1, \sum1, r12
    ssat    \sum0, #8, \sum0, asr #1
    ssat    \sum1, #8, \sum1, asr #1
    .endm

/* void edgeplug_convolve_quads(const edgeplug_quads *run) */
    .section .text.edgeplug_convolve_quads, "ax", %progbits
    .balign 8
    .global edgeplug_convolve_quads
    .type edgeplug_convolve_quads, %function
    .thumb_func
edgeplug_convolve_quads:
    push.w  {r4-r11, lr}
    sub     sp, #FRAME
    ldmia.w r0, {r1, r2, r3, r4, r5, r6, r7, r8, r9} /* In the order of the struct. */
    mul     r6, r6, r8
    lsls    r6, r6, #1
    lsl.w   r10, r5, #4
    sub.w   r7, r7, r10
    add.w   r10, r10, #16
    sub.w   r10, r10, r9
    str     r3, [sp, #OUTPUT]
    strd    r8, r7, [sp, #OUTPUT_STEP]
    strd    r10, r6, [sp, #WEIGHTS_BYTES]
    strd    r4, r2, [sp, #LEFT]
    /* The first turn enters where what is left are whole turns. */
    negs    r5, r5
    and     r5, r5, #3
    rsb     r5, r5, r5, lsl #3
    adr.w   r4, 1f
    add.w   r4, r4, r5, lsl #4
    str     r4, [sp, #ENTRY]
5: /* a quad */
    str     r1, [sp, #QUAD]
    ldrd    r2, r3, [sp, #WEIGHTS_BYTES]
    ldr     r4, [sp, #OUTPUT]
    ldr     r0, [sp, #WINDOWS]
    add     r1, r2
    add     r4, r3
    strd    r4, r1, [sp, #OUTPUT_END]
0: /* a tile */
    ldr     r1, [sp, #QUAD]
    ldr.w   lr, [sp, #ENTRY]
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
    blo.w   1b                      /* Lower or same: 2 words for each factor. Higher: 3. */
    bhi.w   3f
    finish_pair r4, r5, r8, r9
    finish_pair r6, r7, r10, r11
2:
    ldr.w   lr, [sp, #OUTPUT]
    ldr     r3, [sp, #OUTPUT_STEP]
    ldr.w   r12, [sp, #WINDOW_STEP]
    ldr     r2, [sp, #OUTPUT_END]
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
    ldrd    r3, r4, [sp, #OUTPUT_BYTES] /* And how many quads are left. */
    subs    r2, r2, r3
    adds    r2, #4
    str     r2, [sp, #OUTPUT]
    subs    r4, #1
    str     r4, [sp, #LEFT]
    bne.w   5b
    add     sp, #FRAME
    pop.w   {r4-r11, pc}
3:
    sub.w   r5, r5, r4
    sub.w   r7, r7, r6
    sub.w   r9, r9, r8
    sub.w   r11, r11, r10
    asr.w   r5, r5, #8
    asr.w   r7, r7, #8
    asr.w   r9, r9, #8
    asr.w   r11, r11, #8
    finish_any r4, r8
    finish_any r5, r9
    finish_any r6, r10
    finish_any r7, r11
    b       2b
    .size edgeplug_convolve_quads, . - edgeplug_convolve_quads

#endif
