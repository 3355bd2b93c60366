"""Clock and UART start of the STM32L476: the order that RM0351 demands, the baud rate, and clocks that never get ready.

Values are decoded here by the reference manual's register tables, not by the firmware's own macros.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from firmware import protocol
from firmware.protocol import FaultCode
from firmware.testing.images import drain, echo_machine, has_stopped
from tools.sim.bus import RegisterWrite
from tools.sim.machine import Machine
from tools.sim.stop import StopReason

BAUD = 115_200
HSI16_HZ, MSI_HZ = 16_000_000, 4_000_000
SW_PLL = 0b11


@dataclass(frozen=True)
class Step:
    """A write that has to happen: register, mask and value of the field."""

    register: str
    mask: int
    value: int

    def first_index(self, writes: list[RegisterWrite], start: int = 0) -> int:
        """Index of the first such write from `start` on; -1 if there is none."""
        for index, write in enumerate(writes[start:], start):
            if write.name == self.register and write.value & self.mask == self.value:
                return index
        return -1


VOLTAGE_CLOCK = Step("RCC.APB1ENR1", 1 << 28, 1 << 28)
VOLTAGE_RANGE_1 = Step("PWR.CR1", 0b11 << 9, 0b01 << 9)
FOUR_WAIT_STATES = Step("FLASH.ACR", 0b111, 4)
HSI_ON = Step("RCC.CR", 1 << 8, 1 << 8)
PLL_OFF = Step("RCC.CR", 1 << 24, 0)
PLL_CONFIGURED = Step("RCC.PLLCFGR", 0b11, 0b10)
PLL_ON = Step("RCC.CR", 1 << 24, 1 << 24)
PLL_OUTPUT = Step("RCC.PLLCFGR", 1 << 24, 1 << 24)
SWITCHED = Step("RCC.CFGR", 0b11, SW_PLL)
ORDER = (VOLTAGE_CLOCK, VOLTAGE_RANGE_1, FOUR_WAIT_STATES, HSI_ON, PLL_OFF, PLL_CONFIGURED, PLL_ON, PLL_OUTPUT, SWITCHED)

UART_CLOCKS = (Step("RCC.AHB2ENR", 1, 1), Step("RCC.APB1ENR1", 1 << 17, 1 << 17))
BAUD_SET = Step("USART2.BRR", 0, 0)
UART_ENABLED = Step("USART2.CR1", 0b1101, 0b1101)


@pytest.fixture(name="machine", scope="module")
def machine_fixture() -> Machine:
    machine = echo_machine()
    assert machine.run() is StopReason.IDLE
    return machine


def values(machine: Machine, peripheral: str, offset: int) -> int:
    return machine.peripherals[peripheral].values[offset]


def core_hz(machine: Machine) -> int:
    """Core clock by RM0351 from CFGR and PLLCFGR; prescalers must be 1."""
    cfgr, pllcfgr = values(machine, "RCC", 0x08), values(machine, "RCC", 0x0C)
    assert cfgr & (0xF << 4 | 0b111 << 8 | 0b111 << 11) == 0, "HPRE, PPRE1, PPRE2"
    if cfgr >> 2 & 0b11 == 0b00:
        return MSI_HZ
    assert cfgr >> 2 & 0b11 == SW_PLL and pllcfgr & 0b11 == 0b10, "PLL from HSI16"
    m, n, r = (pllcfgr >> 4 & 0b111) + 1, pllcfgr >> 8 & 0x7F, ((pllcfgr >> 25 & 0b11) + 1) * 2
    assert 4_000_000 <= HSI16_HZ // m <= 16_000_000 and 64_000_000 <= HSI16_HZ // m * n <= 344_000_000
    return HSI16_HZ // m * n // r


def baud(machine: Machine) -> float:
    """Baud rate at oversampling by 16 (CR1.OVER8 is 0), clocked by PCLK1."""
    assert values(machine, "USART2", 0x00) & 1 << 15 == 0
    return core_hz(machine) / values(machine, "USART2", 0x0C)


def test_registers_are_written_in_the_manuals_order(machine: Machine) -> None:
    writes = machine.register_writes
    index = -1
    for step in ORDER:
        found = step.first_index(writes, index + 1)
        assert found > index, f"{step} is missing after {writes[index] if index >= 0 else 'reset'}"
        index = found
    # Each of these must not have happened before what makes it safe.
    assert SWITCHED.first_index(writes) == index
    assert PLL_ON.first_index(writes) > FOUR_WAIT_STATES.first_index(writes)
    off = PLL_OFF.first_index(writes)
    assert all(write.name != "RCC.PLLCFGR" for write in writes[:off]), "configured while it may run"


def test_the_pll_is_not_configured_while_it_runs(machine: Machine) -> None:
    writes = machine.register_writes
    on = PLL_ON.first_index(writes)
    configured = [w.value for w in writes if w.name == "RCC.PLLCFGR"]
    after = [w.value for w in writes[on:] if w.name == "RCC.PLLCFGR"]
    assert [value & ~(1 << 24) for value in after] == [configured[0]] * len(after), "only PLLREN may change while PLLON"


def test_the_core_runs_at_80_mhz(machine: Machine) -> None:
    assert core_hz(machine) == 80_000_000


def test_art_is_on_with_four_wait_states(machine: Machine) -> None:
    acr = values(machine, "FLASH", 0x00)
    assert acr & 0b111 == 4
    assert acr >> 8 & 0b111 == 0b111, "prefetch, instruction cache, data cache"


def test_uart_is_set_up_in_order_and_within_one_percent(machine: Machine) -> None:
    writes = machine.register_writes
    brr, enabled = BAUD_SET.first_index(writes), UART_ENABLED.first_index(writes)
    assert all(0 <= step.first_index(writes) < brr for step in UART_CLOCKS)
    assert SWITCHED.first_index(writes) < brr < enabled, "the rate follows from the clock; BRR needs UE = 0"
    assert baud(machine) == pytest.approx(BAUD, rel=0.01)


def test_pa2_and_pa3_are_the_usarts_pins(machine: Machine) -> None:
    assert values(machine, "GPIOA", 0x00) >> 4 & 0b1111 == 0b1010, "alternate function"
    assert values(machine, "GPIOA", 0x20) >> 8 & 0xFF == 0x77, "AF7"
    assert values(machine, "GPIOA", 0x0C) >> 4 & 0b1111 == 0b0100, "pull-up on RX"
    assert values(machine, "GPIOA", 0x00) & ~0xF0 == 0xABFFFF0F, "other pins, those of the debugger among them, untouched"


def stuck_bits(peripheral: str, offset: int, clear: int = 0, set_: int = 0) -> Callable[[Machine], None]:
    """Breaks a machine: the register at `offset` always reads these bits so."""

    def breaks(machine: Machine) -> None:
        device = machine.peripherals[peripheral]
        read = device.read
        device.read = lambda at: (read(at) & ~clear | set_) if at == offset else read(at)

    return breaks


def never_ready(flag: str) -> Callable[[Machine], None]:
    """Breaks a machine: this flag of RCC never comes."""
    return lambda machine: machine.peripherals["RCC"].never_ready.add(flag)


BROKEN = {
    FaultCode.VOLTAGE_NOT_READY: stuck_bits("PWR", 0x14, set_=1 << 10),
    FaultCode.FLASH_LATENCY_NOT_SET: stuck_bits("FLASH", 0x00, clear=0b111),
    FaultCode.OSCILLATOR_NOT_READY: never_ready("HSIRDY"),
    FaultCode.PLL_NOT_STOPPED: stuck_bits("RCC", 0x00, set_=1 << 25),
    FaultCode.PLL_NOT_READY: never_ready("PLLRDY"),
    FaultCode.CLOCK_NOT_SWITCHED: never_ready("SWS"),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_clock_that_never_gets_ready_is_reported(code: FaultCode) -> None:
    machine = echo_machine()
    BROKEN[code](machine)
    report = protocol.decode(drain(machine))
    assert has_stopped(machine)
    assert report.type == protocol.TYPE_FAULT
    assert protocol.decode_fault(report.payload) == protocol.Fault(code, 0, 0, 0)
    assert core_hz(machine) == MSI_HZ
    assert MSI_HZ / values(machine, "USART2", 0x0C) == pytest.approx(BAUD, rel=0.01), "reported at the clock that runs"
    switched = SWITCHED.first_index(machine.register_writes)
    assert (switched >= 0) == (code is FaultCode.CLOCK_NOT_SWITCHED), "switched to a clock that is not there"


def test_a_uart_that_never_gets_ready_stops_the_firmware() -> None:
    machine = echo_machine()
    stuck_bits("USART2", 0x1C, clear=1 << 21)(machine)
    while not has_stopped(machine):
        assert machine.run(max_instructions=2_000_000) is StopReason.IDLE
    assert machine.uart.receive() == b""
