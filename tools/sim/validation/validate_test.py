"""The validation tool on a program whose cycles are known, and on files and programs that are not right."""

import pytest

from tools.errors import UserError
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes
from tools.sim.validation.validate import Comparison, compare, judge, read_calls, table

RETURN = 3
# Counted by hand from the rules: subs 1, taken bne 3, the last bne 1; movs 1, ldr 2, add 1, a target that is unaligned 1.
CSV = f"""# symbol, cycles, arguments
count_down, {99 * 4 + 2 + RETURN}, 100
sum_words,, 0x20000100, 64
sum_words, {1 + 63 * 8 + 5 + 1 + RETURN}, 0x20000100, 64

divide, {11 + RETURN}, 0xFFFFFFFF, 1
"""


def _compared(text: str, repetitions: int = 1, **limits: int) -> list[Comparison]:
    machine = Machine(elf_bytes("loops"), board="stm32l4r5", timing="zero_wait")
    return compare(machine, read_calls(text, "known.csv"), repetitions, limits.get("max_instructions", 10_000), "known.csv")


@pytest.mark.parametrize("repetitions", [1, 3])
def test_known_cycles_are_met_exactly(repetitions):
    compared = _compared(CSV, repetitions)
    assert [c.symbol for c in compared] == ["count_down", "sum_words", "divide"]
    assert all(c.error_percent == 0 for c in compared)
    judge(compared, tolerance_percent=0)


def test_symbols_with_offsets_are_addresses():
    (compared,) = _compared("sum_words, 100, count_down+4, 8\n")
    assert compared.model_cycles == 1 + 7 * 8 + 5 + 1 + RETURN


def test_table_shows_the_error():
    assert "| dot | 1,000 | 1,025 | +2.50 % |" in table([Comparison("dot", 1000, 1025)])


def test_an_error_beyond_the_tolerance_fails():
    with pytest.raises(UserError, match=r"dot is off by \+2.50 %; got 1,025 cycles, want 1,000 within 2.4 %. Fix:"):
        judge([Comparison("sum", 1000, 1001), Comparison("dot", 1000, 1025)], 2.4)
    judge([Comparison("dot", 1000, 1025)], 2.6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dot, many\n", r"known.csv:1: not a call; got 'dot,many', want symbol"),
        ("# first\ndot, -5\n", r"known.csv:2: not a call"),
        (", 5\n", r"known.csv:1: not a call"),
        ("dot, 5, 1, 2, 3, 4, 5\n", r"known.csv:1: not a call.*up to 4 arguments"),
        ("dot,\n", r"known.csv: nothing to compare"),
        ("dto, 5\n", r"known.csv:1: the ELF has no symbol 'dto'"),
        ("dot, 5, buffer\n", r"known.csv:1: the ELF has no symbol 'buffer'"),
        ("dot, 5, 1x\n", r"known.csv:1: arguments of dot; got .*'1x'"),
    ],
)
def test_wrong_lines_are_named(text, message):
    with pytest.raises(UserError, match=message):
        _compared(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("count_down, 5, 1000000\n", r"count_down did not complete, so it has no time; .*runaway: .* 10000 instructions"),
        ("sum_words, 5, 0x50000000, 4\n", r"sum_words did not complete.*bus fault at address 0x50000000 \(read\), pc \S+ \(sum_words"),
    ],
)  # fmt: skip
def test_a_call_that_fails_has_no_time(text, message):
    with pytest.raises(UserError, match=message):
        _compared(text)
