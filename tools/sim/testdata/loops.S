/* Programs whose cycles are measured: each function is called through Machine.call. */
    .syntax unified
    .cpu cortex-m4
    .fpu fpv4-sp-d16
    .thumb

    .section .vectors, "a"
    .word   0x20001000
    .word   reset
    .space  4 * 14

    .text
    .macro  function name
    .balign 8
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    .endm

    function reset
    b       reset

    function count_down             @ r0 rounds of 16-bit code
    subs    r0, #1
    bne     count_down
    bx      lr

    function sum_words              @ r0 pointer, r1 words: post-indexed loads
    movs    r2, #0
1:  ldr     r3, [r0], #4
    add     r2, r2, r3
    subs    r1, #1
    bne     1b
    mov     r0, r2
    bx      lr

    function copy_if                @ r0 to, r1 from, r2 words, r3 limit: predicated stores of words below the limit
    push    {r4, lr}
1:  ldr     r4, [r1], #4
    cmp     r4, r3
    it      lo
    strlo   r4, [r0], #4
    subs    r2, #1
    bne     1b
    pop     {r4, pc}

    function divide                 @ r0 / r1
    udiv    r0, r0, r1
    bx      lr

    function read_counter           @ the cycle counter, started here, before and after 10 nops: r0 = difference
    ldr     r1, =0xE000EDFC
    mov     r2, #0x01000000
    str     r2, [r1]
    ldr     r1, =0xE0001000
    movs    r2, #1
    str     r2, [r1]
    .balign 4
    ldr     r2, [r1, #4]
    .rept   10
    nop
    .endr
    ldr     r3, [r1, #4]
    subs    r0, r3, r2
    bx      lr

    function load_if                @ r0 pointer, loaded if r1 < r2
    cmp     r1, r2
    it      lo
    ldrlo   r0, [r0]
    bx      lr

    function load_product           @ the word at r0 + r1 * r1
    mul     r1, r1, r1
    ldr     r0, [r0, r1]
    bx      lr

    function load_pair              @ r0 pointer
    ldrd    r0, r1, [r0]
    bx      lr

    function chase                  @ r0 = list head, r1 hops
1:  ldr     r0, [r0]
    ldr     r2, [r0, #4]
    subs    r1, #1
    bne     1b
    bx      lr
    .ltorg

    .text
    function dot                    @ r0 * r1 over r2 words of four int8, the inner loop of an int8 kernel
    push    {r4-r9, lr}
    movs    r3, #0
1:  ldr     r4, [r0], #4
    ldr     r5, [r1], #4
    sxtb16  r6, r4
    sxtb16  r7, r5
    sxtb16  r8, r4, ror #8
    sxtb16  r9, r5, ror #8
    smlad   r3, r6, r7, r3
    smlad   r3, r8, r9, r3
    ldr     r4, [r0], #4
    ldr     r5, [r1], #4
    sxtb16  r6, r4
    sxtb16  r7, r5
    sxtb16  r8, r4, ror #8
    sxtb16  r9, r5, ror #8
    smlad   r3, r6, r7, r3
    smlad   r3, r8, r9, r3
    subs    r2, #2
    bhi     1b
    mov     r0, r3
    pop     {r4-r9, pc}

    function divide_and_load_pair   @ r0 pointer: what a late block loads
    udiv    r2, r2, r3
    ldrd    r0, r1, [r0]
    bx      lr
