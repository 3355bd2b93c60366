"""Vector table and reset handler: what C code may rely on when firmware_main begins."""

import struct

import pytest

from firmware.client import Client
from firmware.testing.images import Order, echo_machine, window
from tools.sim.machine import Machine

FLASH = 0x08000000
CORE_VECTORS = 16
PAINT = b"\xa5\xa5\xa5\xa5"


@pytest.fixture(name="started", scope="module")
def started_fixture() -> Machine:
    machine = echo_machine()
    machine.run(until=machine.symbols["firmware_main"])
    return machine


def section(machine: Machine, name: str) -> bytes:
    start, end = machine.symbols[f"_{name}_start"], machine.symbols[f"_{name}_end"]
    assert end > start
    return machine.read(start, end - start)


def test_every_vector_is_a_handler() -> None:
    machine = echo_machine()
    stack, *vectors = struct.unpack(f"<{CORE_VECTORS}I", machine.read(FLASH, 4 * CORE_VECTORS))
    assert stack == machine.symbols["_stack_top"] and stack % 8 == 0
    assert vectors == [machine.symbols["reset_handler"] | 1] + [machine.symbols["fault_handler"] | 1] * (CORE_VECTORS - 2)


def test_sram_is_not_zero_before(started: Machine) -> None:
    fresh = echo_machine()
    assert set(section(fresh, "bss")) == set(PAINT), "otherwise the tests below could not fail"


def test_data_is_copied_and_bss_is_zeroed(started: Machine) -> None:
    data = section(started, "data")
    assert data == started.read(started.symbols["_data_source"], len(data)) and any(data)
    assert not any(section(started, "bss"))


def test_fpu_is_enabled_before_anything_else(started: Machine) -> None:
    first = started.register_writes[0]
    assert (first.name, first.value >> 20 & 0xF) == ("SCB.CPACR", 0xF)


def test_vectors_are_taken_from_flash_itself(started: Machine) -> None:
    assert [write.value for write in started.register_writes if write.name == "SCB.VTOR"] == [FLASH]


def test_variables_have_their_values_and_the_arena_its_alignment() -> None:
    client = Client(echo_machine())
    for call in (1, 2):
        assert client.run(window(order=Order.COUNT_CALLS)).scores.tolist() == [7 + call, call, 0]


def test_the_image_ends_where_it_says() -> None:
    machine = echo_machine()
    assert Client(machine).identify().image_bytes == machine.symbols["_image_end"] - FLASH
