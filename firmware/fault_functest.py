"""Faults of the network, of the stack and of the start are reported over the UART, and then everything stops."""

import pytest

from firmware.client import Client, ServiceError
from firmware.protocol import Fault, FaultCode
from firmware.testing.images import Order, echo_machine, has_stopped, patch, window
from tools.sim.errors import SimError
from tools.sim.machine import Machine
from tools.sim.stop import StopReason

UNDEFINED_INSTRUCTION = 1 << 16
PRECISE_BUS_ERROR = 1 << 9 | 1 << 15  # PRECISERR, BFARVALID
UNKNOWN = 0xFFFFFFFF


def fault_of(machine: Machine, order: Order) -> Fault:
    """The fault report that a window with this order causes."""
    with pytest.raises(ServiceError, match="the firmware has stopped; got HARD_FAULT at pc 0x") as caught:
        Client(machine).run(window(order=order))
    assert caught.value.fault is not None
    return caught.value.fault


@pytest.mark.parametrize(("order", "cfsr"), [(Order.UNDEFINED, UNDEFINED_INSTRUCTION), (Order.READ_NOWHERE, PRECISE_BUS_ERROR)])
def test_a_fault_is_reported_with_its_place_and_cause(order: Order, cfsr: int) -> None:
    machine = echo_machine()
    fault = fault_of(machine, order)
    assert machine.symbols.function_at(fault.pc).name == "echo_run"
    assert (fault.code, fault.cfsr) == (FaultCode.HARD_FAULT, cfsr)
    assert fault.pc == machine.faults[0].pc
    assert len(machine.faults) == 1


def test_after_a_fault_it_stops_until_it_is_reset() -> None:
    machine = echo_machine()
    fault_of(machine, Order.UNDEFINED)
    assert machine.run() is StopReason.IDLE
    assert has_stopped(machine)
    with pytest.raises(ServiceError, match="no reply to a50101.*; got 0 bytes, want a frame"):
        Client(machine).identify()
    machine.reset()
    assert Client(machine).identify().name == "echo"


def test_a_lost_stack_does_not_lose_the_report() -> None:
    machine = echo_machine()
    fault = fault_of(machine, Order.LOSE_STACK)
    assert fault == Fault(FaultCode.HARD_FAULT, UNKNOWN, UNKNOWN, UNDEFINED_INSTRUCTION)


def test_a_stack_overflow_faults_before_it_reaches_variables() -> None:
    machine = echo_machine()
    client = Client(machine)
    client.run(window(order=Order.COUNT_CALLS))
    start, end = machine.symbols["_data_start"], machine.symbols["_bss_end"]
    before = machine.read(start, end - start)
    with pytest.raises(SimError, match="stack overflow; after bus fault at address 0x1fffff"):
        client.run(window(order=Order.OVERFLOW_STACK))
    changed = [i for i, (old, new) in enumerate(zip(before, machine.read(start, end - start))) if old != new]
    own = 2 + 2 + 3  # two counters of calls, the order in the input and in the arena, three scores
    assert 0 < len(changed) <= own, "deep recursion would have run over all of it"


def test_an_exception_that_nobody_expects_is_reported_by_its_number() -> None:
    machine = echo_machine()
    patch(machine, "echo_run", b"\x00\xdf")  # svc #0
    with pytest.raises(ServiceError, match="the firmware has stopped; got exception 11 at pc 0x"):
        Client(machine).run(window())
    assert has_stopped(machine)


def test_a_network_that_is_not_ready_is_reported() -> None:
    machine = echo_machine()
    patch(machine, "echo_init", b"\x01\x20\x70\x47")  # movs r0, #1; bx lr
    with pytest.raises(ServiceError, match="the firmware has stopped; got NETWORK at pc 0x00000000"):
        Client(machine).identify()
    assert has_stopped(machine)


@pytest.mark.parametrize("place", ["first", "middle", "identity", "crc"])
def test_an_image_that_is_not_the_one_that_was_built_does_not_start(place: str) -> None:
    machine = echo_machine()
    seal, end = machine.symbols["_image_seal"], machine.symbols["_image_end"]
    # Of the vectors those that no boot fetches; in the middle a class's name, which is no code.
    name = machine.read(machine.symbols["_vectors"], seal - machine.symbols["_vectors"]).index(b"the third one")
    address = {"first": machine.symbols["_vectors"] + 60, "middle": machine.symbols["_vectors"] + name, "identity": seal,
               "crc": end - 1}[place]
    machine.write(address, bytes([machine.read(address, 1)[0] ^ 1]))
    with pytest.raises(ServiceError, match="the firmware has stopped; got IMAGE") as caught:
        Client(machine).identify()
    assert caught.value.fault == Fault(FaultCode.IMAGE, 0, 0, 0)
    assert has_stopped(machine)
