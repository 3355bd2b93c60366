"""Each rule of the cycle model on a short instruction sequence, with the cycles that it must take.

The sequences are machine code, assembled with `arm-none-eabi-as -mcpu=cortex-m4`; the text in front is their source.
They start after a branch to `offset` in a word. The expected cycles follow from the source named in each group.
"""

import pytest

from tools.sim.boards import STM32L476
from tools.sim.timing.block import cost_block, make_block
from tools.sim.timing.pipeline import start_state
from tools.sim.timing.profiles import STM32L476_80MHZ, ZERO_WAIT
from tools.sim.timing.transitions import Node, Transitions, edge

FLASH, SRAM = 0x08000000, 0x20000000

# Cortex-M4 TRM DDI0439, table 3-1 and section 3.3; fetch: TIMING.md.
SEQUENCES = [
    # one cycle each, whatever the size; fetch keeps up
    ("adds r0,r0,#1; adds r1,r1,#1; adds r2,r2,#1; adds r3,r3,#1; adds r4,r4,#1", "01300131013201330134", 0, 5),
    ("add.w r0,r0,#1; add.w r1,r1,#1; add.w r2,r2,#1; add.w r3,r3,#1", "00f1010001f1010102f1010203f10103", 0, 4),
    ("add.w r0,r0,#1 as an unaligned branch target", "00f10100", 2, 2),
    ("mul r0,r1,r2; mla r3,r0,r1,r2; smlad r4,r0,r1,r2; smlal r5,r6,r0,r1; umull r7,r8,r0,r1",
     "01fb02f000fb012320fb0124c0fb0156a0fb0178", 0, 5),
    # a run of N loads costs N + 1
    ("ldr r0,[r1]", "0868", 0, 2),
    ("ldr r0,[r1]; ldr r2,[r3]", "08681a68", 0, 3),
    ("ldr r0,[r1]; ldr r2,[r3]; ldr r4,[r5]; ldr r6,[r7]", "08681a682c683e68", 0, 5),
    ("ldr r0,[r1],#4; ldr r2,[r1],#4; ldr r3,[r1],#4", "51f8040b51f8042b51f8043b", 0, 4),
    ("ldr r0,[r1]; ldr r2,[r0]", "08680268", 0, 4),
    ("ldr r0,[r1]; adds r2,r2,#1; ldr r3,[r4]", "086801322368", 0, 5),
    # stores and the write buffer
    ("str r0,[r1]", "0860", 0, 1),
    ("str r0,[r1]; str r2,[r3]", "08601a60", 0, 2),
    ("str r0,[r1,r2]", "8850", 0, 2),
    ("ldr r0,[r1]; str r0,[r3]", "08681860", 0, 3),
    ("ldr r0,[r1,r2]; str r0,[r3,r4]", "88581851", 0, 3),
    ("str r0,[r1]; ldr r2,[r3]", "08601a68", 0, 4),
    ("str r0,[r1]; adds r4,r4,#1; ldr r2,[r3]", "086001341a68", 0, 4),
    # an address from the instruction before
    ("adds r1,r1,#4; ldr r0,[r1]", "04310868", 0, 4),
    ("adds r1,r1,#4; str r0,[r1]", "04310860", 0, 3),
    ("adds r2,r2,#4; ldr r0,[r1]", "04320868", 0, 3),
    ("adds r2,r2,#4; nop; ldr r0,[r1,r2]", "043200bf8858", 0, 4),
    # multiple registers: 1 + N
    ("ldm r0,{r1,r2,r3}", "90e80e00", 0, 4),
    ("push {r4,r5,lr}", "30b5", 0, 4),
    ("stm r0!,{r1,r2}", "06c0", 0, 3),
    ("ldrd r0,r1,[r2]", "d2e90001", 0, 3),
    ("strd r0,r1,[r2]", "c2e90001", 0, 3),
    # IT folds
    ("it eq; addeq r0,r0,#1", "08bf0130", 0, 1),
    ("ite eq; ldreq r0,[r1]; movne r0,#1", "0cbf08680120", 0, 3),
    # floating point: TRM table 7-1
    ("vldr s0,[r0]", "90ed000a", 0, 2),
    ("vldr d0,[r0]", "90ed000b", 0, 3),
    ("vadd.f32 s0,s1,s2; vadd.f32 s3,s4,s5", "30ee810a72ee221a", 0, 2),
    ("vadd.f32 s0,s1,s2; vmul.f32 s3,s0,s5", "30ee810a60ee221a", 0, 3),
    ("vmla.f32 s0,s1,s2", "00ee810a", 0, 3),
    ("vdiv.f32 s0,s1,s2", "80ee810a", 0, 14),
    ("vsqrt.f32 s0,s1", "b1eee00a", 0, 14),
    ("vadd.f32 s0,s1,s2; vstr s0,[r0]", "30ee810a80ed000a", 0, 3),
    ("vadd.f32 s3,s1,s2; vstr s0,[r0]", "70ee811a80ed000a", 0, 2),
    ("vadd.f32 s0,s1,s2; vmov r0,s0", "30ee810a10ee100a", 0, 3),
    # system instructions: TRM table 3-1 leaves barriers open; 3 is the refill of the pipeline
    ("mrs r0,primask", "eff31080", 0, 2),
    ("msr primask,r0", "80f31088", 0, 2),
    ("cpsid i", "72b6", 0, 2),
    ("dsb", "bff34f8f", 0, 3),
    ("isb", "bff36f8f", 0, 3),
]  # fmt: skip

# Branches: cycles when taken, and when not (None where they always are). TRM table 3-1 gives 1 + P; P by TIMING.md.
BRANCHES = [
    ("b", "fee7", 2, None),
    ("b.w", "fff7febf", 2, None),
    ("bl", "fff7feff", 2, None),
    ("beq", "fed0", 3, 1),
    ("beq.w", "3ff4feaf", 3, 1),
    ("cbz r0", "00b1", 3, 1),
    ("bx lr", "7047", 3, None),
    ("blx r3", "9847", 3, None),
    ("ldr pc,[r0]", "d0f800f0", 4, None),
    ("pop {r4,pc}", "10bd", 5, None),
    ("tbb [pc,r0]", "dfe800f0", 4, None),
    ("tbh [pc,r0,lsl #1]", "dfe810f0", 4, None),
]  # fmt: skip


def _region(address: int) -> str:
    return {0x08: "flash", 0x20: "sram"}.get(address >> 24, "device")


def _rest_at(address: int) -> Node:
    return Node(None, start_state(address), address)


def _cycles(code: str, offset: int = 0, pointers: tuple[int, ...] | None = None, late: tuple[int, ...] = ()) -> int:
    address = FLASH + offset
    late_addresses = frozenset({address} if late else ())
    block = make_block(bytes.fromhex(code), address, late_addresses)
    probed = pointers or (SRAM,) * len(block.probed)
    return cost_block(block, start_state(address), probed, late, _region).cycles


@pytest.mark.parametrize(("source", "code", "offset", "cycles"), SEQUENCES, ids=[s[0] for s in SEQUENCES])
def test_sequence(source, code, offset, cycles):
    assert _cycles(code, offset) == cycles


@pytest.mark.parametrize(("source", "code", "taken", "passed"), BRANCHES, ids=[branch[0] for branch in BRANCHES])
def test_branch(source, code, taken, passed):
    address, data = FLASH, bytes.fromhex(code)
    transitions = Transitions(lambda _address, size_bytes: data[:size_bytes], STM32L476, ZERO_WAIT)
    node = transitions.link(_rest_at(address), address, len(data), frozenset())
    assert node.cycles + edge(node, address + 0x100)[0] == taken
    assert passed is None or node.cycles + edge(node, address + len(data))[0] == passed


def test_prefetch_has_two_cycles_before_code_that_is_entered_by_falling_through():
    """An assumption of docs/timing.md; behind a branch the first read waits in full."""
    code = bytes.fromhex("00bf00bf00bf00bf")
    transitions = Transitions(lambda _address, size_bytes: code[:size_bytes], STM32L476, STM32L476_80MHZ)
    hidden = [transitions.link(_rest_at(start), FLASH, len(code), frozenset()).code_lines[0].reads[0][1] for start in (FLASH, 0)]
    assert hidden == [2, None]


def test_flash_and_sram_loads_do_not_pipeline():
    """`ldr r0,[r1]; ldr r2,[r3]` (TIMING.md): 3 cycles in one memory, 4 in two."""
    assert _cycles("08681a68", pointers=(SRAM, SRAM)) == 3
    assert _cycles("08681a68", pointers=(FLASH, FLASH)) == 3
    assert _cycles("08681a68", pointers=(FLASH, SRAM)) == 4


@pytest.mark.parametrize(("low_bits", "cycles"), [(0, 2), (1, 4), (2, 3), (3, 4)])
def test_unaligned_word_load(low_bits, cycles):
    """`ldr r0,[r1]` (TRM 3.3.2): halfword-aligned 1 more, byte-aligned 2 more."""
    assert _cycles("0868", pointers=(SRAM + low_bits,)) == cycles


def test_unaligned_halfword_load():
    """`ldrh r0,[r1]`: byte-aligned 1 more."""
    assert (_cycles("0888", pointers=(SRAM,)), _cycles("0888", pointers=(SRAM + 1,))) == (2, 3)


def test_predicated_load_costs_one_when_its_condition_fails():
    """`it eq; ldreq r0,[r1]`."""
    assert _cycles("08bf0868", late=(1,)) == 2
    assert _cycles("08bf0868", late=(0,)) == 1


def test_else_branch_of_an_it_block():
    """`ite eq; ldreq r0,[r1]; ldrne r0,[r2]`: one executes, one is skipped, which one does not matter."""
    assert _cycles("0cbf08681068", late=(1,)) == _cycles("0cbf08681068", late=(0,)) == 3


@pytest.mark.parametrize("cycles", [2, 7, 12])
def test_divide_takes_what_its_operands_say(cycles):
    """`udiv r0,r1,r2`."""
    assert _cycles("b1fbf2f0", late=(cycles,)) == cycles
