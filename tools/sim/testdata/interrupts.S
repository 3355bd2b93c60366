/* Programs with interrupts: each function is called through Machine.call. Handlers append a letter to the log:
 * a count at 0x20000000 and the bytes behind it. */
    .syntax unified
    .cpu cortex-m4
    .fpu fpv4-sp-d16
    .thumb
    .equ    log, 0x20000000
    .equ    icsr, 0xE000ED04
    .equ    systick, 0xE000E010

    .section .vectors, "a"
    .word   0x20001000
    .word   reset
    .space  4 * 12
    .word   pend_sv
    .word   sys_tick
    .word   line_0

    .text
    .macro  function name
    .balign 8
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    .endm

    .macro  note letter             @ uses r0 to r2
    ldr     r0, =log
    ldr     r1, [r0]
    adds    r1, #1
    str     r1, [r0]
    adds    r1, #3
    movs    r2, #\letter
    strb    r2, [r0, r1]
    .endm

    function reset
    b       reset

    function pend_sv
    note    'P'
    bx      lr

    function sys_tick
    note    'T'
    bx      lr

    function line_0                 @ asks for PendSV within: it preempts only if it is more urgent
    push    {r4, lr}
    note    'l'
    ldr     r0, =icsr
    mov     r1, #1 << 28
    str     r1, [r0]
    nop
    nop
    note    'L'
    pop     {r4, pc}

    function busy                   @ r0 rounds of 4 cycles
1:  subs    r0, #1
    bne     1b
    bx      lr

    function own_tick               @ starts SysTick with a period of r0 cycles, is busy for r1 rounds, stops it
    ldr     r2, =systick
    subs    r0, #1
    str     r0, [r2, #4]
    str     r0, [r2, #8]
    movs    r3, #7
    str     r3, [r2]
1:  subs    r1, #1
    bne     1b
    movs    r3, #0
    str     r3, [r2]
    bx      lr

    function pend_masked            @ SysTick and PendSV pending while masked, then not
    cpsid   i
    ldr     r2, =icsr
    mov     r1, #1 << 28 | 1 << 26
    str     r1, [r2]
    note    '-'
    cpsie   i
    b       1f                      @ timed, interrupts are taken between basic blocks
1:  .rept   16                      @ functional, up to some instructions later
    nop
    .endr
    note    '+'
    bx      lr

    function pend_line              @ enables line 0 with priority r0, PendSV with priority r1, asks for line 0
    ldr     r2, =0xE000E400
    lsls    r0, r0, #4
    strb    r0, [r2]
    ldr     r2, =0xE000ED22
    lsls    r1, r1, #4
    strb    r1, [r2]
    ldr     r2, =0xE000E100
    movs    r1, #1
    str     r1, [r2]
    ldr     r2, =0xE000E200
    str     r1, [r2]
    nop
    note    '.'
    bx      lr

    function copy_if_lower          @ r0 to, r1 from, r2 words, r3 limit: predicated stores, to be interrupted
    push    {r4, lr}
1:  ldr     r4, [r1], #4
    cmp     r4, r3
    itt     lo
    strlo   r4, [r0]
    addlo   r0, #4
    subs    r2, #1
    bne     1b
    pop     {r4, pc}
    .ltorg
