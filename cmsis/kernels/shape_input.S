/* What brings a convolution's input into shape (internal/convolution.h): loops of loads and stores, a few words at a time. */
    .syntax unified
    .thumb
#if defined(__ARM_FEATURE_DSP)

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

/* void edgeplug_widen_alternate_pair(uint32_t *windows, const int8_t *first, const int8_t *second, int32_t groups) */
    .section .text.edgeplug_widen_alternate_pair, "ax", %progbits
    .balign 8
    .global edgeplug_widen_alternate_pair
    .type edgeplug_widen_alternate_pair, %function
    .thumb_func
edgeplug_widen_alternate_pair:
    push    {r4, r5, r6, r7, lr}
    .balign 4
1:
    ldr     r4, [r1], #4
    ldr     r6, [r1], #4
    ldr     r5, [r2], #4
    ldr     r7, [r2], #4
    sxtb16  r4, r4
    sxtb16  r6, r6
    sxtb16  r5, r5
    sxtb16  r7, r7
    subs    r3, #1
    stmia   r0!, {r4, r5, r6, r7}
    bne     1b
    pop     {r4, r5, r6, r7, pc}
    .size edgeplug_widen_alternate_pair, . - edgeplug_widen_alternate_pair

/* void edgeplug_widen_groups(uint32_t *values, const int8_t *input, int32_t groups) */
    .section .text.edgeplug_widen_groups, "ax", %progbits
    .balign 8
    .global edgeplug_widen_groups
    .type edgeplug_widen_groups, %function
    .thumb_func
edgeplug_widen_groups:
    push    {r4, r5, r6, r7, lr}
    b       2f
    .balign 4
1:
    ldr.w   r4, [r1], #4
    ldr.w   r6, [r1], #4
    sxtb16  r3, r4
    sxtb16  r4, r4, ror #8
    sxtb16  r5, r6
    sxtb16  r6, r6, ror #8
    stmia   r0!, {r3, r4, r5, r6}
2:
    subs    r2, #2
    bpl     1b
    adds    r2, #1
    bne     3f
    ldr     r4, [r1]
    sxtb16  r3, r4
    sxtb16  r4, r4, ror #8
    stmia   r0!, {r3, r4}
3:
    pop     {r4, r5, r6, r7, pc}
    .size edgeplug_widen_groups, . - edgeplug_widen_groups

/* void edgeplug_widen_alternate(uint32_t *values, const int8_t *input, int32_t groups) */
    .section .text.edgeplug_widen_alternate, "ax", %progbits
    .balign 8
    .global edgeplug_widen_alternate
    .type edgeplug_widen_alternate, %function
    .thumb_func
edgeplug_widen_alternate:
    push    {r4, lr}
    .balign 4
1:
    ldr     r3, [r1], #4
    ldr     r4, [r1], #4
    sxtb16  r3, r3
    sxtb16  r4, r4
    subs    r2, #1
    stmia   r0!, {r3, r4}
    bne     1b
    pop     {r4, pc}
    .size edgeplug_widen_alternate, . - edgeplug_widen_alternate

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

/* void edgeplug_fill_words(int8_t *target, uint32_t word, int32_t words) */
    .section .text.edgeplug_fill_words, "ax", %progbits
    .balign 8
    .global edgeplug_fill_words
    .type edgeplug_fill_words, %function
    .thumb_func
edgeplug_fill_words:
    str     r1, [r0], #4
    subs    r2, #1
    bne     edgeplug_fill_words
    bx      lr
    .size edgeplug_fill_words, . - edgeplug_fill_words

/* void edgeplug_copy_columns(int8_t *target, const int8_t *source, int32_t bytes, int32_t columns, int32_t target_step) */
    .section .text.edgeplug_copy_columns, "ax", %progbits
    .balign 8
    .global edgeplug_copy_columns
    .type edgeplug_copy_columns, %function
    .thumb_func
edgeplug_copy_columns:
    push    {r4, r5, r6, r7, lr}
    ldr     r12, [sp, #20]
    sub     r12, r12, r2
    cbz     r3, 4f
0:
    subs    r4, r2, #16
    blt     2f
1:
    ldr     r5, [r1], #4
    ldr     r6, [r1], #4
    ldr     r7, [r1], #4
    ldr     lr, [r1], #4
    subs    r4, #16
    str     r5, [r0], #4
    str     r6, [r0], #4
    str     r7, [r0], #4
    str     lr, [r0], #4
    bge     1b
2:
    adds    r4, #16
    beq     3f
    /* 1 to 15 bytes. */
    subs    r4, #4
    blt     6f
5:
    ldr     r5, [r1], #4
    subs    r4, #4
    str     r5, [r0], #4
    bge     5b
6:
    adds    r4, #4
    beq     3f
7:
    ldrb    r5, [r1], #1
    subs    r4, #1
    strb    r5, [r0], #1
    bne     7b
3:
    add     r0, r12
    subs    r3, #1
    bne     0b
4:
    pop     {r4, r5, r6, r7, pc}
    .size edgeplug_copy_columns, . - edgeplug_copy_columns

#endif
