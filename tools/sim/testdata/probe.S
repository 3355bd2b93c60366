/* Test firmware of the simulator: boots, serves one-letter commands on USART2, has a HardFault handler that reports.
 *   e<byte>  echo          r  read 0x50000000 (unmapped)   w  write to flash       u  undefined instruction
 *   s  SVC                 j  branch to Arm state          x  fetch from a peripheral  d  fault in the fault handler
 *   l  loop for ever       b  branch to self               o  recursion without end    i  WFI   z  reset request
 *   g  register of GPIOB (not there)                       c  USART clock off, then access
 * Assumes the clocks and the UART as the reset code below sets them. */
    .syntax unified
    .cpu cortex-m4
    .fpu fpv4-sp-d16
    .thumb

    .section .vectors, "a"
    .word   stack_top
    .word   reset
    .word   0
    .word   hard_fault
    .space  4 * 7
    .word   sv_call
    .space  4 * 4
    .equ    stack_top, 0x20001000

    .text
    .macro  function name
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    .endm

    function reset
    ldr     r0, =0x40021000         @ RCC: USART2 clock on
    ldr     r1, =0x00020000
    str     r1, [r0, #0x58]
    ldr     r4, =0x40004400         @ USART2
    movw    r1, #694
    str     r1, [r4, #0x0c]
    movs    r1, #0x0d
    str     r1, [r4, #0x00]
    ldr     r0, =0xE000ED88         @ FPU on
    ldr     r1, =0x00F00000
    str     r1, [r0]
    ldr     r5, =0x20000000         @ one word of static data
    movs    r1, #0
    str     r1, [r5]
serve:
    bl      get
    cmp     r0, #'e'
    beq     echo
    cmp     r0, #'r'
    beq     read_unmapped
    cmp     r0, #'w'
    beq     write_flash
    cmp     r0, #'u'
    beq     undefined
    cmp     r0, #'s'
    beq     supervisor
    cmp     r0, #'j'
    beq     arm_state
    cmp     r0, #'x'
    beq     fetch_peripheral
    cmp     r0, #'d'
    beq     double_fault
    cmp     r0, #'l'
    beq     loop_for_ever
    cmp     r0, #'b'
    beq     halt
    cmp     r0, #'o'
    beq     recurse
    cmp     r0, #'i'
    beq     sleep
    cmp     r0, #'z'
    beq     reset_request
    cmp     r0, #'g'
    beq     no_device
    cmp     r0, #'c'
    beq     clock_off
    cmp     r0, #'n'
    beq     negate
    movs    r0, #'?'
    bl      put
    b       serve

    function echo
    bl      get
    bl      put
    b       serve

    function negate                 @ it blocks with loads and stores between polls
    bl      get
    push    {r0, r1}
    cmp     r0, #'0'
    itte    hi
    ldrhi   r1, [sp]
    strhi   r1, [sp, #4]
    movls   r1, #'-'
    mov     r0, r1
    pop     {r2, r3}
    bl      put
    b       serve

    function read_unmapped
    ldr     r6, =0x50000000
    movs    r0, #1
    ldr.w   r7, [r6, #4]            @ faults; the handler goes on behind it
    movs    r0, #'k'
    bl      put
    b       serve

    function write_flash
    ldr     r6, =0x08000000
    str.w   r6, [r6]
    b       serve

    function undefined
    vmov    s0, r4                  @ makes a frame with floating-point state
    nop.w
    udf.w   #0
    vmov    r0, s0
    cmp     r0, r4
    ite     eq
    moveq   r0, #'k'
    movne   r0, #'!'
    bl      put
    b       serve

    function supervisor
    movs    r0, #'1'
    svc     #0
    bl      put
    b       serve

    function arm_state
    ldr     r6, =0x08000000
    bx      r6
    b       serve

    function fetch_peripheral
    ldr     r6, =0x40004401
    bx      r6

    function double_fault
    ldr     r5, =0x60000000         @ the handler counts in [r5]
    udf     #1

    function loop_for_ever
    nop
    b       loop_for_ever

    function halt
    b       halt

    function recurse
    push    {r0-r7, lr}
    bl      recurse

    function sleep
    wfi
    b       serve

    function reset_request
    ldr     r6, =0xE000ED0C
    ldr     r7, =0x05FA0004
    str     r7, [r6]
    b       reset_request

    function no_device
    ldr     r6, =0x48000400
    ldr.w   r7, [r6]
    b       halt

    function clock_off
    ldr     r6, =0x40021000
    movs    r7, #0
    str     r7, [r6, #0x58]
    b       serve

    function get                    @ r0 = next byte of the UART
    ldr     r1, [r4, #0x1c]
    tst     r1, #0x20
    beq     get
    ldrb    r0, [r4, #0x24]
    bx      lr

    function put                    @ sends r0
    ldr     r1, [r4, #0x1c]
    tst     r1, #0x80
    beq     put
    strb    r0, [r4, #0x28]
    bx      lr

    function hard_fault             @ sends 'F' and CFSR's four bytes, counts in [r5], returns 4 bytes further
    ldr     r2, [r5]
    adds    r2, #1
    str     r2, [r5]
    push    {r4, lr}
    ldr     r4, =0x40004400
    movs    r0, #'F'
    bl      put
    ldr     r2, =0xE000ED28
    ldr     r3, [r2]
    movs    r12, #4
1:  mov     r0, r3
    bl      put
    lsrs    r3, r3, #8
    subs    r12, r12, #1
    bne     1b
    str     r3, [r2]
    pop     {r4, lr}
    ldr     r0, [sp, #24]
    adds    r0, #4
    str     r0, [sp, #24]
    bx      lr

    function sv_call
    movs    r0, #'s'                @ into the frame: r0 of the caller
    str     r0, [sp]
    mrs     r1, ipsr
    str     r1, [r5]
    bx      lr
    .ltorg

    function predicated_register    @ r0 = USART2: CR1 plus 1 if r1 is 1, else BRR plus 1; the next block is not predicated
    cmp     r1, #1
    itee    eq
    ldreq   r2, [r0]
    ldrne   r2, [r0, #0x0c]
    strne   r2, [r0, #0x0c]
    b       1f
1:  movs    r3, #1
    adds    r0, r2, r3
    bx      lr

    function predicated_poll        @ r0 = USART2: the next byte; waits within an IT block
    movs    r2, #0
    cmp     r2, #0
    itt     eq
    ldreq   r1, [r0, #0x1c]
    tsteq   r1, #0x20
    beq     predicated_poll
    ldrb    r0, [r0, #0x24]
    bx      lr

    function read_register          @ the word at r0
    ldr     r0, [r0]
    bx      lr
