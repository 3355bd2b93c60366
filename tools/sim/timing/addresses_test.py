"""Addresses within a block follow from the registers at its entry."""

import ctypes

import pytest

from tools.sim.timing import structures
from tools.sim.timing.block import make_block
from tools.sim.timing.layout import lay_out_probe

MEMORY = {0x20000010: 0x20000400}
REGISTERS = [0x20000000 + 0x100 * n for n in range(15)]


def _addresses(code: str) -> dict[int, int]:
    """Offset in the block of each probed access, and its address; words are read where there is no memory."""
    block = make_block(bytes.fromhex(code), 0x08000000, frozenset())
    atoms = [REGISTERS[number] for number in block.probe.registers] + [0] * len(block.probe.words)
    located = (ctypes.c_uint32 * len(block.probed))()
    memories = structures.Memories(0, None, structures.READ_WORD(MEMORY.__getitem__))
    structures.library().addresses_evaluate(lay_out_probe(block.probe), memories, (ctypes.c_uint32 * len(atoms))(*atoms), located)
    return {address - 0x08000000: located[index] for address, index in block.probed.items()}


def test_sums_moves_and_write_back():
    """`ldr r0,[r1],#4; ldr r2,[r1,#8]!; mov r3,r1; add.w r4,r3,r5,lsl #2; ldr r6,[r4,#-4]`."""
    got = _addresses("51f8040b51f8082f0b4603eb850454f8046c")
    r1, r5 = REGISTERS[1], REGISTERS[5]
    assert got == {0: r1, 4: r1 + 12, 14: (r1 + 12 + (r5 << 2) - 4) & 0xFFFFFFFF}


def test_negative_post_index():
    """`ldr r0,[r1],#-4; ldr r2,[r1]`."""
    assert _addresses("51f804090a68") == {0: REGISTERS[1], 4: REGISTERS[1] - 4}


def test_multiple_registers_move_their_base():
    """`ldm r0!,{r1,r2}; stmdb r3!,{r4,r5}; ldr r6,[r0]; ldr r7,[r3]`."""
    got = _addresses("06c823e9300006681f68")
    assert got == {0: REGISTERS[0], 2: REGISTERS[3] - 8, 6: REGISTERS[0] + 8, 8: REGISTERS[3] - 8}


def test_pointer_from_memory():
    """`ldr r1,[r0,#16]; ldr r2,[r1,#4]`."""
    assert _addresses("01694a68") == {0: 0x20000010, 2: 0x20000404}


def test_words_are_read_in_memories_too():
    """`ldr r1,[r0,#1]; ldr r2,[r1]`, with bytes of a memory that ends behind the word."""
    probe = make_block(bytes.fromhex("d0f801100a68"), 0x08000000, frozenset()).probe
    content = ctypes.create_string_buffer(bytes.fromhex("00010203"), 4)
    memory = structures.Memory(0x20000000, 4, ctypes.addressof(content))
    elsewhere = structures.READ_WORD(lambda address: address)
    located, atoms = (ctypes.c_uint32 * 2)(), (ctypes.c_uint32 * 2)(0x1FFFFFFF)
    memories = structures.Memories(1, ctypes.pointer(memory), elsewhere)
    structures.library().addresses_evaluate(lay_out_probe(probe), memories, atoms, located)
    assert list(located) == [0x20000000, 0x03020100]
    atoms[0] = 0x20000000
    structures.library().addresses_evaluate(lay_out_probe(probe), memories, atoms, located)
    assert list(located) == [0x20000001, 0x20000001], "a word that only begins in the memory is read elsewhere"


def test_what_cancels_out_is_no_term():
    """`adds r0,r0,r1; subs r0,r0,r1; ldr r2,[r0]; lsls r3,r3,#2; ldr r4,[r3,r3]`."""
    assert _addresses("4018401a02689b00dc58") == {4: REGISTERS[0], 8: REGISTERS[3] * 8 & 0xFFFFFFFF}


def test_fixed_stack_and_unknown_addresses():
    """`ldr r0,[pc,#4]; ldr r1,[sp,#8]; muls r2,r3,r2; ldr r4,[r2]`."""
    block = make_block(bytes.fromhex("0148029943421468"), 0x08000000, frozenset())
    assert block.fixed == {0x08000000: 0x08000008} and block.on_stack == {0x08000002: 8}
    assert block.probed == {0x08000006: 0}
    block = make_block(bytes.fromhex("5a431468"), 0x08000000, frozenset())
    assert block.unknown == {0x08000002}


def test_conditional_write_makes_an_address_unknown():
    """`it eq; addeq r1,#4; ldr r0,[r1]`."""
    assert make_block(bytes.fromhex("08bf04310868"), 0x08000000, frozenset()).unknown == {0x08000004}


def test_words_that_the_block_stores_on_the_stack_and_loads_again():
    """`push {r1,r2}; str r3,[sp,#-4]!; ldr r4,[sp],#4; pop {r5,r6}; ldr r0,[r4]; ldr r0,[r5]; ldr r0,[r6,#4]`."""
    got = _addresses("06b44df8043d5df8044b60bc206828687068")
    assert got == {12: REGISTERS[3], 14: REGISTERS[1], 16: REGISTERS[2] + 4}


@pytest.mark.parametrize("store", ["8df80110", "cdf80210"])
def test_what_part_of_a_word_was_stored_to_is_unknown(store):
    """`strb.w r1,[sp,#1]` or `str.w r1,[sp,#2]`; `ldr r4,[sp]; ldr r0,[r4]`."""
    block = make_block(bytes.fromhex(store + "009c2068"), 0x08000000, frozenset())
    assert block.unknown == {0x08000006}


@pytest.mark.parametrize(
    ("code", "repeats"),
    [
        ("0378491cfcd1", True),  # ldrb r3,[r0]; adds r1,r1,#1; bne
        ("50f8043b491cfbd1", True),  # ldr r3,[r0],#4; adds r1,r1,#1; bne
        ("50f8023b491cfbd1", False),  # ldr r3,[r0],#2; ...: the alignment changes
        ("03788018fcd1", True),  # ldrb r3,[r0]; adds r0,r0,r2; bne: bytes are never unaligned
        ("03688018fcd1", False),  # ldr r3,[r0]; adds r0,r0,r2; bne: words may be
        ("03688043fcd1", False),  # ldr r3,[r0]; bics r0,r0; bne: not a sum
    ],
)
def test_whether_a_loop_keeps_its_memories(code, repeats):
    assert make_block(bytes.fromhex(code), 0x08000000, frozenset()).repeats is repeats
