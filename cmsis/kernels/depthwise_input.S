/* What a depthwise convolution reads, in the order in which its tiles do (internal/depthwise.h): weights of four channels, and
 * pairs of rows of the input.
 */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

    .equ PLACE, 16 /* Bytes of four channels in a pair of rows. */
    .equ RECORDS, 160
    .equ OUTSIDE, 20 /* Members of edgeplug_depthwise_input. */
    .equ OFFSETS, 24

    .macro function name
    .section .text.\name, "ax", %progbits
    .balign 8
    .global \name
    .type \name, %function
    .thumb_func
\name:
    .endm

/* Scaled weights of the upper and of the lower two taps, from bytes [first, second, second, third]; r12 holds the scale. */
    .macro scale upper, lower
    sxtb16  \upper, \lower
    sxtb16  \lower, \lower, ror #8
    smulbt  r11, \upper, r12
    smultt  \upper, \upper, r12
    pkhbt   \upper, r11, \upper, lsl #16
    smulbt  r11, \lower, r12
    smultt  \lower, \lower, r12
    pkhbt   \lower, r11, \lower, lsl #16
    .endm

/* void edgeplug_expand_quad(uint32_t *records, const uint32_t *quad, int32_t offset) */
    function edgeplug_expand_quad
    push    {r4-r11, lr}
    add     lr, r0, #RECORDS
0:
    ldmia.w r1!, {r3, r5, r7, r9, r10, r12}
    scale   r4, r5
    scale   r6, r7
    scale   r8, r9
    sub     r11, r12, #1
    lsl     r11, r2, r11
    add     r11, r11, r12, lsr #18
    stmia.w r0!, {r3-r12}
    cmp     r0, lr
    bne     0b
    pop     {r4-r11, pc}
    .size edgeplug_expand_quad, . - edgeplug_expand_quad

/* Where a row of the input starts and the step to its next pixel; r2 is its number. */
    .macro find_row start, step
    mla     \start, r2, r5, r3
    mov     \step, r6
    cmp     r2, r4
    itt     hs
    addhs   \start, r1, #OUTSIDE
    movhs   \step, #0
    .endm

    .macro find_rows
    ldmia   r1, {r3, r4, r5, r6, r7}
    find_row r8, r9
    adds    r2, #1
    find_row r12, lr
    .endm

/* void edgeplug_pair_rows(uint32_t *pair, const edgeplug_depthwise_input *input, int32_t y) */
    function edgeplug_pair_rows
    push    {r4-r9, lr}
    find_rows
    .balign 4
0:
    ldr.w   r1, [r8]
    ldr.w   r2, [r12]
    add     r8, r9
    add     r12, lr
    pkhbt   r3, r1, r2, lsl #16
    pkhtb   r2, r2, r1, asr #16
    sxtb16  r1, r3
    sxtb16  r3, r3, ror #8
    sxtb16  r4, r2
    sxtb16  r2, r2, ror #8
    str.w   r3, [r0, #4]
    str.w   r4, [r0, #8]
    str.w   r2, [r0, #12]
    str.w   r1, [r0], #PLACE
    subs.w  r7, r7, #1
    bne.w   0b
    pop     {r4-r9, pc}
    .size edgeplug_pair_rows, . - edgeplug_pair_rows

    .macro gather_two start, offset, place
    ldrsb.w r1, [r8, \start]
    ldrsb.w r2, [r8, \offset]
    ldrsb.w r10, [r12, \start]
    ldrsb.w r11, [r12, \offset]
    pkhbt   r1, r1, r10, lsl #16
    pkhbt   r2, r2, r11, lsl #16
    str.w   r1, [r0, #\place]
    str.w   r2, [r0, #\place + 4]
    .endm

/* void edgeplug_gather_rows(uint32_t *pair, const edgeplug_depthwise_input *input, int32_t y) */
    function edgeplug_gather_rows
    push    {r4-r11, lr}
    find_rows
    ldrd    r3, r4, [r1, #OFFSETS]
    ldrd    r5, r6, [r1, #OFFSETS + 8]
    .balign 4
0:
    gather_two r3, r4, 0
    gather_two r5, r6, 8
    add     r8, r9
    add     r12, lr
    add.w   r0, r0, #PLACE
    subs.w  r7, r7, #1
    bne.w   0b
    pop     {r4-r11, pc}
    .size edgeplug_gather_rows, . - edgeplug_gather_rows

#endif
