"""The recorder splits exactly the cycles that the timer counts, by causes that are known beforehand."""

import struct

import pytest

from tools.sim.errors import SimError
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes
from tools.sim.timing.profiles import PROFILES
from tools.sim.timing.recorder import Cycles, Recorder

SRAM = 0x20000100
WORDS = struct.pack("<16I", *(index * 7 % 13 for index in range(16)))


class _Recording:
    """Calls `function` of the test program with a recorder; `runs` holds (run, flash cycles)."""

    def __init__(self, function: str, *arguments: int, timing: str = "zero_wait") -> None:
        machine = Machine(elf_bytes("loops"), timing=timing)
        machine.write(SRAM, WORDS)
        self.runs = []
        recorder = Recorder(lambda run, flash_cycles: self.runs.append((run, flash_cycles)))
        machine.observe(recorder)
        machine.call(function, *arguments)
        recorder.finish(machine.pc)

    @property
    def cycles(self) -> Cycles:
        return sum((run.cycles + Cycles(flash=flash) for run, flash in self.runs), Cycles())


def test_a_counted_loop_is_subs_and_branches():
    """subs 1 and bne 1 + 2 when taken; bx lr 1 + 2: 100 + 100 + 1 executed, 99 + 1 taken."""
    assert _Recording("count_down", 100).cycles == Cycles(execute=201, branch=200)


def test_loads_alone_wait_for_their_data_and_an_unaligned_target_for_fetch():
    cycles = _Recording("sum_words", SRAM, 16).cycles
    assert (cycles.load_use, cycles.fetch, cycles.branch, cycles.other) == (16, 15, 2 * 16, 0)


def test_a_divide_takes_more_than_one_cycle():
    assert _Recording("divide", 1000, 7).cycles.other == 3 + 2 - 1


@pytest.mark.parametrize("timing", sorted(PROFILES))
@pytest.mark.parametrize(
    "function, arguments",
    [
        ("count_down", (9,)),
        ("sum_words", (SRAM, 16)),
        ("copy_if", (SRAM + 256, SRAM, 16, 5)),
        ("dot", (SRAM, SRAM, 8)),
        ("divide", (90, 4)),
    ],
)
def test_the_parts_add_up_to_what_the_timer_counts(timing, function, arguments):
    plain = Machine(elf_bytes("loops"), timing=timing)
    plain.write(SRAM, WORDS)
    plain.call(function, *arguments)
    recording = _Recording(function, *arguments, timing=timing)
    assert recording.cycles.total == plain.cycles
    assert sum(len(run.executed) for run, _ in recording.runs) == plain.instructions


def test_a_functional_machine_has_nothing_to_observe():
    with pytest.raises(SimError, match="no cycles or instructions in functional mode. Fix: Machine"):
        Machine(elf_bytes("loops")).observe(None)
