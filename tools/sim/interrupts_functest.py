"""Interrupts are delivered as the core does: order, preemption, masks, tail-chaining, cycles; timed and functional."""

import struct

import pytest

from tools.sim.errors import SimError
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes

PROGRAM = elf_bytes("interrupts")
LOG, SRAM = 0x20000000, 0x20000400
MODES = pytest.mark.parametrize("timing", [None, "zero_wait", "stm32l476_80mhz"])


def _machine(timing: str | None) -> Machine:
    machine = Machine(PROGRAM, timing=timing)
    machine.write(LOG, bytes(512))
    return machine


def _log(machine: Machine) -> str:
    (count,) = struct.unpack("<I", machine.read(LOG, 4))
    return machine.read(LOG + 4, count).decode()


@MODES
def test_masked_exceptions_wait_and_come_in_order_of_their_numbers(timing):
    machine = _machine(timing)
    machine.call("pend_masked")
    assert _log(machine) == "-PT+"


@MODES
@pytest.mark.parametrize(("line_0", "pend_sv", "log"), [(2, 1, "lPL."), (1, 1, "lLP."), (1, 2, "lLP.")])
def test_the_more_urgent_preempts_and_the_others_are_chained(timing, line_0, pend_sv, log):
    machine = _machine(timing)
    machine.call("pend_line", line_0, pend_sv)
    assert _log(machine) == log


@MODES
def test_firmware_runs_its_own_tick(timing):
    """Functional, an instruction is a cycle: half as many ticks, as a round is two instructions and four cycles."""
    machine = _machine(timing)
    machine.call("own_tick", 1000, 10_000)
    ticks = _log(machine)
    assert set(ticks) == {"T"}
    assert len(ticks) == (20 if timing is None else 41)


@MODES
def test_tick_started_from_outside(timing):
    machine = _machine(timing)
    machine.start_systick(1000, "sys_tick")
    machine.call("busy", 10_000)
    assert len(_log(machine)) == (20 if timing is None else 41)


def test_a_tick_costs_entry_handler_and_return():
    """12 in, `bx lr` 3, 10 out; the loop's own branch is not lost."""
    quiet, ticking = _machine("zero_wait"), _machine("zero_wait")
    ticking.start_systick(4000)
    for machine in (quiet, ticking):
        machine.call("busy", 10_000)
    ticks = (ticking.cycles - quiet.cycles) // (12 + 3 + 10)
    assert ticks == 10 and ticking.cycles - quiet.cycles == ticks * (12 + 3 + 10)
    assert ticking.instructions - quiet.instructions == ticks


def test_chaining_is_cheaper_than_leaving_and_entering():
    def cycles(*arguments: int) -> int:
        machine = _machine("zero_wait")
        machine.call("pend_line", *arguments)
        return machine.cycles

    preempted, chained = cycles(2, 1), cycles(1, 2)
    assert preempted - chained == 12 + 10 - 6


def test_the_cycle_counter_sees_the_ticks():
    machine = _machine("zero_wait")
    dwt = machine.peripherals["DWT"]
    machine.peripherals["DCB"].write(0x0C, 1 << 24)
    dwt.write(0x00, 1)
    machine.start_systick(4000)
    machine.call("busy", 10_000)
    assert dwt.read(0x04) == machine.cycles > 40_000


@MODES
@pytest.mark.parametrize("period", [37, 38, 39, 101])
def test_interrupted_code_keeps_its_function(timing, period):
    """Wherever the ticks fall."""
    words = [index * 7 % 13 for index in range(64)]
    machine = _machine(timing)
    machine.write(SRAM, struct.pack("<64I", *words))
    machine.start_systick(period, b"\x00\x20\x01\x46\x02\x46\x70\x47")  # movs r0, #0; mov r1, r0; mov r2, r0; bx lr
    kept = [word for word in words if word < 6]
    assert machine.call("copy_if_lower", SRAM + 0x400, SRAM, 64, 6) == SRAM + 0x400 + 4 * len(kept)
    assert machine.read(SRAM + 0x400, 4 * len(kept)) == struct.pack(f"<{len(kept)}I", *kept)


@MODES
def test_two_runs_are_the_same(timing):
    def run() -> tuple[int, str]:
        machine = _machine(timing)
        machine.start_systick(333, "sys_tick")
        machine.call("busy", 2000)
        return machine.cycles if timing else 0, _log(machine)

    assert run() == run()


@MODES
def test_ticks_that_leave_no_time_are_a_runaway(timing):
    """Functional, half of the time is left."""
    machine = _machine(timing)
    machine.start_systick(2)
    with pytest.raises(SimError, match="runaway: no wait for input within 4000 instructions"):
        machine.call("busy", 2000, max_instructions=4000)
