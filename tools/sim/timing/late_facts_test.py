"""Divides and costly IT blocks are found in code, and their facts are right."""

import pytest

from tools.sim.timing.late_facts import Divide, Predicate, condition_holds, divide_cycles, find_late_instructions

EQUAL, LOWER, HIGHER, LESS = 0, 3, 8, 11
_Z, _C, _N = 1 << 30, 1 << 29, 1 << 31


def test_finds_divides_and_costly_it_blocks_only():
    """`udiv r0,r1,r2; it eq; addeq r0,#1; it ne; ldrne r0,[r1]; sdiv r0,r1,r2; nop`."""
    code = bytes.fromhex("b1fbf2f0" "08bf0130" "18bf0868" "91fbf2f0" "00bf")
    assert find_late_instructions(code, 0x100) == {
        0x100: Divide(dividend=1, divisor=2, signed=False),
        0x108: Predicate(condition=1),
        0x10C: Divide(dividend=1, divisor=2, signed=True),
    }


@pytest.mark.parametrize(
    ("condition", "flags", "holds"),
    [
        (EQUAL, _Z, True), (EQUAL, 0, False), (LOWER, 0, True), (LOWER, _C, False), (HIGHER, _C, True),
        (HIGHER, _C | _Z, False), (LESS, _N, True), (LESS, 0, False),
    ],
)  # fmt: skip
def test_conditions(condition, flags, holds):
    assert condition_holds(condition, flags) is holds


def test_divide_is_within_the_range_of_the_manual_and_grows_with_the_quotient():
    assert divide_cycles(1, 2, signed=False) == divide_cycles(5, 0, signed=False) == 2
    growing = [divide_cycles(1 << bits, 1, signed=False) for bits in range(32)]
    assert growing == sorted(growing) and growing[0] < growing[-1] <= 12
    assert divide_cycles(0xFFFFFFF6, 3, signed=True) == divide_cycles(10, 3, signed=True)


def test_facts_from_registers():
    registers = [*range(15), _Z]
    assert Predicate(EQUAL).fact(registers) == 1 and Predicate(1).fact(registers) == 0
    assert Divide(dividend=14, divisor=2, signed=False).fact(registers) == divide_cycles(14, 2, signed=False)
