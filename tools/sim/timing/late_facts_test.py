"""Divides and costly IT blocks are found in code, and their facts are right."""

import ctypes

import pytest

from tools.sim.timing import structures
from tools.sim.timing.late_facts import Divide, Predicate, condition_holds, divide_cycles, find_late_instructions
from tools.sim.timing.layout import lay_out_late

EQUAL, LOWER, HIGHER, LESS = 0, 3, 8, 11
_Z, _C, _N, _V = 1 << 30, 1 << 29, 1 << 31, 1 << 28


def _fact(late: Predicate | Divide, *registers: int) -> int:
    return structures.library().late_fact(lay_out_late(0x100, late), (ctypes.c_uint32 * len(registers))(*registers))


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


def test_the_fact_of_a_predicate_is_whether_its_condition_holds():
    for condition in range(15):
        for flags in (0, _Z, _C, _N, _V, _N | _V, _C | _Z, _N | _Z | _C | _V):
            assert _fact(Predicate(condition), flags | 1 << 24) == condition_holds(condition, flags)


def test_divide_is_within_the_range_of_the_manual_and_grows_with_the_quotient():
    growing = [divide_cycles(bits, signed=False) for bits in range(33)]
    assert growing == sorted(growing) and (growing[0], growing[-1]) == (2, 11)
    assert {divide_cycles(bits, signed=True) - divide_cycles(bits, signed=False) for bits in range(1, 33)} == {1}


@pytest.mark.parametrize(
    ("dividend", "divisor", "signed", "quotient_bits"),
    [
        (1, 2, False, 0), (5, 0, False, 0), (5, 5, False, 1), (10, 3, False, 3), (0xFFFFFFFF, 1, False, 32),
        (1 << 31, 1, False, 32), (0xFFFFFFF6, 3, True, 3), (10, 0xFFFFFFFD, True, 3), (1 << 31, 1, True, 32),
        (1 << 31, 0xFFFFFFFF, True, 32),
    ],
)  # fmt: skip
def test_the_fact_of_a_divide_is_the_cycles_for_the_bits_of_its_quotient(dividend, divisor, signed, quotient_bits):
    assert _fact(Divide(0, 1, signed), dividend, divisor) == divide_cycles(quotient_bits, signed)
