"""Programs timed as they run: known cycle counts, the same results as without timing, the cycle counter, determinism."""

import struct

import pytest

from tools.errors import UserError
from tools.sim.errors import SimError
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes

LOOPS = elf_bytes("loops")
SRAM, FLASH = 0x20000100, 0x08000000
WORDS = struct.pack("<64I", *(index * 7 % 13 for index in range(64)))
RETURN = 3  # bx lr, taken to the caller's end


def _machine(timing: str = "zero_wait") -> Machine:
    machine = Machine(LOOPS, timing=timing)
    machine.write(SRAM, WORDS)
    return machine


def _cycles(machine: Machine, function: str, *arguments: int) -> int:
    before = machine.cycles
    machine.call(function, *arguments)
    return machine.cycles - before


def test_counted_loop():
    """subs 1, taken bne 3, the last bne 1."""
    machine = _machine()
    assert _cycles(machine, "count_down", 100) == 99 * 4 + 2 + RETURN
    assert machine.instructions == 201


def test_post_indexed_loads_in_a_loop():
    """movs; ldr 2, add 1, subs 1, taken bne 3 and 1 more as the ldr is an unaligned 32-bit target; mov."""
    assert _cycles(_machine(), "sum_words", SRAM, 64) == 1 + 63 * 8 + 5 + 1 + RETURN


@pytest.mark.parametrize("limit", [0, 6, 100])
def test_predicated_stores_keep_their_function_when_timed(limit):
    timed, plain = _machine(), Machine(LOOPS)
    plain.write(SRAM, WORDS)
    ends = [machine.call("copy_if", SRAM + 0x400, SRAM, 64, limit) for machine in (timed, plain)]
    kept = [word for word in struct.unpack("<64I", WORDS) if word < limit]
    assert ends == [SRAM + 0x400 + 4 * len(kept)] * 2
    assert timed.read(SRAM + 0x400, 4 * len(kept)) == struct.pack(f"<{len(kept)}I", *kept)


def test_cycle_counter_reads_model_cycles_within_a_block():
    """From the first read (2) over ten nops to the second."""
    assert _machine().call("read_counter") == 12
    assert Machine(LOOPS).call("read_counter") == 0


def test_divide_depends_on_its_operands():
    fast, slow = _cycles(_machine(), "divide", 1, 2), _cycles(_machine(), "divide", 0xFFFFFFFF, 1)
    assert (fast, slow) == (2 + RETURN, 11 + RETURN)


def test_predicated_load_depends_on_the_flags():
    """cmp 1, it 0, ldrlo 2 or 1."""
    assert _cycles(_machine(), "load_if", SRAM, 1, 2) == 1 + 2 + RETURN
    assert _cycles(_machine(), "load_if", SRAM, 2, 1) == 1 + 1 + RETURN


def test_kernel_loop_with_weights_in_flash_and_in_sram():
    """A flash and an SRAM load do not pipeline: one cycle more for each of the 32 pairs."""
    same, mixed = _cycles(_machine(), "dot", SRAM, SRAM, 32), _cycles(_machine(), "dot", SRAM, FLASH, 32)
    assert mixed - same == 32


def test_flash_wait_states_cost_and_caches_save():
    machine = _machine("stm32l476_80mhz")
    cold, warm = (_cycles(machine, "dot", SRAM, SRAM, 32) for _ in range(2))
    assert warm == _cycles(_machine(), "dot", SRAM, SRAM, 32) < cold
    streamed = _cycles(machine, "dot", SRAM, FLASH, 32)
    assert streamed - _cycles(_machine(), "dot", SRAM, FLASH, 32) == 32 * 4 // 8 * 4


def test_two_runs_take_the_same_cycles():
    def run() -> tuple[int, int]:
        machine = _machine("stm32l476_80mhz")
        for arguments in (("sum_words", SRAM, 64), ("copy_if", SRAM + 0x400, SRAM, 64, 6), ("divide", 1000, 3)):
            machine.call(*arguments)
        return machine.cycles, machine.instructions

    assert run() == run()


def test_exceptions_while_timed():
    machine = Machine(elf_bytes("probe"), timing="zero_wait")
    machine.run(100_000)
    assert machine.exchange(b"sn1", 2, 100_000) == b"s1"
    before = machine.cycles
    machine.uart.send(b"r")
    machine.run(100_000)
    assert machine.uart.receive()[:1] == b"F" and machine.faults[0].address == 0x50000004
    assert machine.cycles - before > 12 + 10


def test_addresses_that_the_model_does_not_know_are_counted():
    machine = _machine()
    assert machine.call("load_product", SRAM, 4) == 4 * 7 % 13
    assert machine.assumed_accesses == 1


@pytest.mark.parametrize(("function", "offset"), [("load_pair", 0), ("divide_and_load_pair", 4)])
def test_unaligned_access_of_several_words_is_an_error_when_timed(function, offset):
    """Unicorn performs it; the core does not. A block with a divide is costed when it has executed."""
    machine = _machine()
    machine.call(function, SRAM)
    with pytest.raises(SimError, match=rf"usage fault: unaligned LDM, STM, LDRD or STRD, pc \S+ \({function}\+0x{offset}\)"):
        machine.call(function, SRAM + 2)


def test_unknown_profile_is_named():
    with pytest.raises(UserError, match="timing profile: unknown name; got 'fast', want one of .*zero_wait"):
        Machine(LOOPS, timing="fast")
