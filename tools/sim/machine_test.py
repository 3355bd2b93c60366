"""The machine boots a probe firmware (testdata/probe.S), talks to it, and reports what goes wrong by name."""

import pytest

from tools.sim.errors import SimError
from tools.sim.machine import Machine
from tools.sim.stop import StopReason
from tools.sim.testdata.elves import elf_bytes

PROBE = elf_bytes("probe")
LIMIT = 100_000
USART2 = 0x40004400
MODES = pytest.mark.parametrize("timing", [None, "zero_wait", "stm32l476_80mhz"])


@pytest.fixture
def machine() -> Machine:
    booted = Machine(PROBE)
    booted.run(LIMIT)
    return booted


def test_boots_and_waits_for_input():
    assert Machine(PROBE).run(LIMIT) is StopReason.IDLE


def test_exchange_echoes(machine):
    assert machine.exchange(b"eAeBe\xff", 3, LIMIT) == b"AB\xff"
    assert machine.exchange(b"", max_instructions=LIMIT) == b""


def test_predicated_loads_and_stores_keep_their_flags(machine):
    """Unicorn's memory hooks corrupt flags in IT blocks; stopping at every empty poll and counting must not."""
    assert machine.exchange(b"n0n1n/n9", 4, LIMIT) == b"-1-9"


def test_reply_of_another_length_is_named(machine):
    with pytest.raises(SimError, match="reply to a request of 2 bytes; got 1 bytes, want 5"):
        machine.exchange(b"eA", 5, LIMIT)


def test_reply_that_a_predicate_refuses_is_shown(machine):
    assert machine.exchange(b"eA", bytes.isupper, LIMIT) == b"A"
    with pytest.raises(SimError, match="reply to a request of 2 bytes; got 61, want another") as caught:
        machine.exchange(b"ea", bytes.isupper, LIMIT)
    assert caught.value.uart_bytes == b"a"


def test_bus_fault_enters_the_handler_with_status(machine):
    machine.uart.send(b"r")
    machine.run(LIMIT)
    fault = machine.faults[0]
    assert (fault.kind.label, fault.address) == ("bus fault", 0x50000004)
    assert machine.uart.receive() == b"F" + (0x8200).to_bytes(4, "little") + b"k"


def test_exchange_raises_on_a_fault_and_keeps_the_report(machine):
    message = r"bus fault at address 0x50000004 \(read\), pc 0x0800\w+ \(read_unmapped\+0x\w\); its handler ran"
    with pytest.raises(SimError, match=message) as caught:
        machine.exchange(b"r", max_instructions=LIMIT)
    assert caught.value.uart_bytes.startswith(b"F")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (b"w", r"bus fault at address 0x08000000 \(write\), pc \S+ \(write_flash\+0x\w\)"),
        (b"u", r"undefined instruction, pc \S+ \(undefined\+0x8\)"),
        (b"j", r"branch to Arm state"),
        (b"g", r"bus fault at address 0x48000400 \(read: no such register\), pc \S+ \(no_device\+0x\w\)"),
        (b"c", r"lockup.*bus fault at address 0x4000441c \(read: clock of USART2 is off\), pc \S+ \(get\+0x0\), then .*put"),
        (b"d", r"lockup: fault within the HardFault handler; after undefined instruction, pc \S+ \(double_fault\+0x\w\), "
               r"then bus fault at address 0x60000000"),
        (b"x", r"runaway: 1000 exceptions in one run, the first a fetch from memory that is not executable at address 0x40004400"),
        (b"o", r"lockup: no memory for the exception frame at 0x1fff\w+: stack overflow; "
               r"after bus fault at address 0x1fff\w+ \(write\), pc \S+ \(recurse"),
        (b"l", r"runaway: no wait for input within 100000 instructions; stopped at pc \S+ \(loop_for_ever"),
    ],  # fmt: skip
)
@MODES
def test_errors_name_the_place(timing, command, message):
    machine = Machine(PROBE, timing=timing)
    machine.run(LIMIT)
    with pytest.raises(SimError, match=message):
        machine.exchange(command, max_instructions=LIMIT)
    if timing:
        with pytest.raises(SimError, match="no time for a run that failed: .*Fix: mend the firmware, or reset"):
            machine.cycles  # noqa: B018
        machine.reset()
        assert machine.cycles == 0


@MODES
def test_registers_of_devices_within_it_blocks(timing):
    """Unicorn 2.1.4 would take the rest of the IT block for the beginning of the next block."""
    machine = Machine(PROBE, timing=timing)
    machine.run(LIMIT)
    for _ in range(3):
        assert machine.call("predicated_register", USART2, 1) == 0x0D + 1
        assert machine.call("predicated_register", USART2, 2) == 694 + 1
    assert [write.name for write in machine.register_writes][4:] == ["USART2.BRR"] * 3


@MODES
def test_waits_within_an_it_block(timing):
    machine = Machine(PROBE, timing=timing)
    machine.run(LIMIT)
    for number, value in ((0, USART2), (14, machine.symbols["halt"] | 1), (15, machine.symbols["predicated_poll"])):
        machine.set_register(number, value)
    assert machine.run(LIMIT) is StopReason.IDLE and machine.pc == machine.symbols["predicated_poll"] + 6
    machine.uart.send(b"A")
    assert machine.run(LIMIT) is StopReason.HALTED and machine.register(0) == ord("A")


@MODES
@pytest.mark.parametrize("offset", [1, 2])
def test_an_access_across_two_registers_is_a_bus_fault(timing, offset):
    machine = Machine(PROBE, timing=timing)
    machine.run(LIMIT)
    message = rf"bus fault at address {USART2 + offset:#x} \(read: not within a word\), pc .*read_register"
    with pytest.raises(SimError, match=message):
        machine.call("read_register", USART2 + offset)
    assert machine.faults[0].pc == machine.symbols["read_register"]


def test_exception_frame_restores_floating_point_state(machine):
    machine.uart.send(b"u")
    machine.run(LIMIT)
    assert machine.uart.receive()[-1:] == b"k"


def test_supervisor_call_and_return(machine):
    assert machine.exchange(b"s", 1, LIMIT) == b"s"
    assert machine.read(0x20000000, 4) == (11).to_bytes(4, "little")


def test_wfi_halt_and_reset_end_a_run(machine):
    for command, reason in ((b"i", StopReason.IDLE), (b"z", StopReason.RESET)):
        machine.uart.send(command)
        assert machine.run(LIMIT) is reason
    machine.reset()
    machine.uart.send(b"b")
    assert machine.run(LIMIT) is StopReason.HALTED


@pytest.mark.parametrize("timing", [None, "zero_wait"])
def test_run_until_an_address_also_in_code_that_has_run_before(timing):
    machine = Machine(PROBE, timing=timing)
    machine.run(LIMIT)
    for place in (machine.symbols["echo"], machine.symbols["put"], machine.symbols["put"] + 2):
        machine.exchange(b"eA", 1, LIMIT)
        machine.uart.send(b"eB")
        assert machine.run(LIMIT, until=place) is StopReason.UNTIL and machine.pc == place
        assert machine.run(LIMIT) is StopReason.IDLE and machine.uart.receive() == b"B"


def test_reset_starts_afresh(machine):
    machine.exchange(b"s", 1, LIMIT)
    machine.reset()
    assert machine.register_writes == []
    machine.run(LIMIT)
    assert machine.exchange(b"eA", 1, LIMIT) == b"A"


def test_register_writes_are_logged_in_order(machine):
    writes = [(write.name, write.value) for write in machine.register_writes]
    assert writes == [("RCC.APB1ENR1", 0x20000), ("USART2.BRR", 694), ("USART2.CR1", 0x0D), ("SCB.CPACR", 0xF00000)]


def test_stack_high_water(machine):
    top = machine.symbols["stack_top"]
    assert machine.stack_high_water_bytes(top) == 0
    machine.exchange(b"n1", 1, LIMIT)
    assert machine.stack_high_water_bytes(top) == 8
    assert machine.stack_high_water_bytes(top, 0x20000004) == 8


def test_flash_is_aliased_at_zero(machine):
    assert machine.read(0, 16) == machine.read(0x08000000, 16)


def test_no_cycles_in_functional_mode(machine):
    with pytest.raises(SimError, match="no cycles or instructions in functional mode"):
        machine.cycles  # noqa: B018


def test_image_without_vector_table():
    with pytest.raises(SimError, match="no reset vector; got 0x00000000"):
        Machine(bytes(64))


def test_advance_steps_and_stops_at_any_of_several_addresses(machine):
    machine.run(LIMIT)
    machine.uart.send(b"eA")
    places = {machine.symbols["echo"], machine.symbols["put"]}
    assert machine.advance(LIMIT, places) is StopReason.UNTIL and machine.pc == machine.symbols["echo"]
    assert machine.advance(1) is StopReason.LIMIT
    assert machine.pc == machine.symbols["get"]
    assert machine.advance(LIMIT, places) is StopReason.UNTIL and machine.pc == machine.symbols["put"]
    assert machine.advance(LIMIT) is StopReason.IDLE and machine.uart.receive() == b"A"


def test_registers_are_read_and_set_by_number(machine):
    machine.run(LIMIT)
    for number in (0, 12, 13, 14):
        machine.set_register(number, 0x20000100 + 4 * number)
        assert machine.register(number) == 0x20000100 + 4 * number
    machine.set_register(16, 1 << 30 | 1 << 24)
    assert machine.register(16) >> 24 == 0x41
    machine.set_register(15, machine.symbols["echo"] | 1)
    assert machine.pc == machine.register(15) == machine.symbols["echo"]


def test_code_that_is_written_over_after_it_has_run():
    machine = Machine(elf_bytes("loops"))
    assert machine.call("divide", 10, 2) == 5
    machine.write(machine.symbols["divide"] & ~1, bytes.fromhex("07207047"))  # movs r0, #7; bx lr
    assert machine.call("divide", 10, 2) == 7
    machine.reset()
    assert machine.call("divide", 10, 2) == 5
