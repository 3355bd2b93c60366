/* Depthwise convolution by 3x3 taps, four or two rows of outputs at a time (internal/depthwise.h).
 *
 * Assembly, because a tile of four sums with its pointers takes every register, and because loads take one cycle each only
 * when they follow each other. In the tiles: r0, lr and r3 first, second and third pair of rows, r1 record, r2 output, r4 to
 * r7 sums, r8 and r9 weights, r10 to r12 what the pairs hold; the carry flag tells whether the rounding is general.
 */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

    .equ PLACE, 16 /* Bytes of four channels in a pair of rows. */
    .equ RECORDS, 160
    .equ SHIFT, 11 /* EDGEPLUG_DEPTHWISE_SHIFT */
    .equ ROW_STEP, 0 /* The frame, below the saved registers. */
    .equ POSITION_STEP, 4
    .equ END, 8
    .equ FRAME, 12 /* Keeps the stack 8-aligned. */

/* A scaled sum to int8: r8 is the factor, r9 what is added to the product's high word. */
    .macro rescale sum
    smmla   \sum, \sum, r8, r9
    ssat    \sum, #8, \sum, asr #SHIFT
    .endm

/* The same for any shift, in r12, with halves away from zero; the scale is 2. */
    .macro rescale_any sum
    add.w   r11, r9, \sum, asr #31
    smmlar  \sum, \sum, r8, r11
    asr.w   \sum, \sum, r12
    ssat    \sum, #8, \sum
    .endm

    .macro load_factor
    ldr.w   r8, [r1], #4
    ldr.w   r9, [r1], #8
    ldr.w   r10, [sp, #ROW_STEP]
    .endm

/* One column of taps for four rows of outputs. */
    .macro multiply_four place, start1, start2, start3
    ldr.w   r8, [r1], #4
    ldr.w   r9, [r1], #4
    ldr.w   r10, [r0\place
    ldr.w   r11, [lr\place
    ldr.w   r12, [r3\place
    smlatb  r5, r10, r8, \start1
    smlad   r6, r11, r8, \start2
    smlatb  r7, r11, r8, \start3
    smlad   r4, r10, r8, r4
    smlad   r5, r11, r9, r5
    smlabt  r6, r12, r9, r6
    smlad   r7, r12, r9, r7
    smlabt  r4, r11, r9, r4
    .endm

/* From right to left, so that the last column's loads go on to the next channel. */
    .macro tile_of_four
    ldr.w   r4, [r1], #4
    multiply_four ", #2 * PLACE]", r4, r4, r4
    multiply_four ", #PLACE]", r5, r6, r7
    multiply_four "], #4", r5, r6, r7
    load_factor
    bcs.w   3f
    .irp sum, r4, r5, r6, r7
    rescale \sum
    .endr
1:
    add.w   r11, r2, r10, lsl #1
    strb.w  r5, [r2, r10]
    strb.w  r4, [r2], #1
    strb.w  r6, [r11]
    strb.w  r7, [r11, r10]
    .endm

    .macro rescale_four
    .irp sum, r4, r5, r6, r7
    rescale_any \sum
    .endr
    .endm

/* The same for two rows, which may coincide: the first one stays. */
    .macro multiply_two place, start
    ldr.w   r8, [r1], #4
    ldr.w   r9, [r1], #4
    ldr.w   r10, [r0\place
    ldr.w   r11, [lr\place
    smlatb  r5, r10, r8, \start
    smlad   r4, r10, r8, r4
    smlad   r5, r11, r9, r5
    smlabt  r4, r11, r9, r4
    .endm

    .macro finish_two
    load_factor
    bcs.w   3f
    rescale r4
    rescale r5
1:
    strb.w  r5, [r2, r10]
    strb.w  r4, [r2], #1
    .endm

    .macro tile_of_two
    ldr.w   r4, [r1], #4
    multiply_two ", #2 * PLACE]", r4
    multiply_two ", #PLACE]", r5
    multiply_two "], #4", r5
    finish_two
    .endm

    .macro rescale_two
    rescale_any r4
    rescale_any r5
    .endm

/* The same for rows of outputs whose windows start two rows of the input apart. */
    .macro multiply_apart place, start
    ldr.w   r8, [r1], #4
    ldr.w   r9, [r1], #4
    ldr.w   r10, [r0\place
    ldr.w   r11, [lr\place
    ldr.w   r12, [r3\place
    smlad   r5, r11, r8, \start
    smlad   r4, r10, r8, r4
    smlabt  r5, r12, r9, r5
    smlabt  r4, r11, r9, r4
    .endm

    .macro tile_apart
    ldr.w   r4, [r1], #4
    multiply_apart ", #2 * PLACE]", r4
    multiply_apart ", #PLACE]", r5
    multiply_apart "], #4", r5
    finish_two
    .endm

/* void NAME(const edgeplug_depthwise_rows *rows) */
    .macro convolve_rows name, tile, rescale_all, stride=1
    .section .text.\name, "ax", %progbits
    .balign 8
    .global \name
    .type \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldmia.w r0, {r0-r8}
    mov     lr, r7
    stmia.w sp, {r4, r5, r6}
    lsrs    r8, r8, #1
    .balign 4
0:
    \tile
    tst.w   r0, #PLACE - 4
    bne.w   0b
    ldrd    r4, r5, [sp, #POSITION_STEP]
    sub.w   r1, r1, #RECORDS
    add.w   r2, r2, r4
    .if \stride > 1
    add.w   r0, r0, #(\stride - 1) * PLACE
    add.w   lr, lr, #(\stride - 1) * PLACE
    add.w   r3, r3, #(\stride - 1) * PLACE
    .endif
    teq     r0, r5
    bne.w   0b
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .balign 4
3:
    ldr.w   r12, [r1, #-4]
    \rescale_all
    b.w     1b
    .size \name, . - \name
    .endm

    convolve_rows edgeplug_convolve_four_rows, tile_of_four, rescale_four
    convolve_rows edgeplug_convolve_two_rows, tile_of_two, rescale_two
    convolve_rows edgeplug_convolve_rows_apart, tile_apart, rescale_two, 2

#endif
