"""Clock and UART start of the STM32F405: the order that RM0090 demands, the baud rate, clocks that never get ready, and no RCC.

Values are decoded here by the reference manual's register tables, not by the firmware's own macros.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware import protocol
from firmware.boards.netduinoplus2.simulated import STM32F405
from firmware.client import Client, MachineTransport
from firmware.protocol import FaultCode
from firmware.testing.images import drain, has_stopped, window
from tools.sim.machine import Machine
from tools.sim.stop import StopReason

FOLDER = Path("firmware/boards/netduinoplus2")
BAUD, HSI_HZ, CORE_HZ = 115_200, 16_000_000, 168_000_000
SW_PLL = 0b10
APB1_DIVIDERS = {0: 1, 0b100: 2, 0b101: 4, 0b110: 8, 0b111: 16}


def echo_machine() -> Machine:
    elf = (FOLDER / "echo.elf").read_bytes()
    return Machine((FOLDER / "echo.bin").read_bytes(), board=STM32F405.name, elf=elf)


@pytest.fixture(name="machine", scope="module")
def machine_fixture() -> Machine:
    machine = echo_machine()
    assert machine.run() is StopReason.IDLE
    return machine


def values(machine: Machine, peripheral: str, offset: int) -> int:
    return machine.peripherals[peripheral].values[offset]


def core_hz(machine: Machine) -> int:
    """Core clock from CFGR and PLLCFGR; HPRE must be 1."""
    pllcfgr, cfgr = values(machine, "RCC", 0x04), values(machine, "RCC", 0x08)
    assert cfgr >> 4 & 0xF == 0, "HPRE"
    if cfgr >> 2 & 0b11 == 0b00:
        return HSI_HZ
    assert cfgr >> 2 & 0b11 == SW_PLL and pllcfgr >> 22 & 1 == 0, "PLL from HSI"
    m, n, p, q = pllcfgr & 0x3F, pllcfgr >> 6 & 0x1FF, ((pllcfgr >> 16 & 0b11) + 1) * 2, pllcfgr >> 24 & 0xF
    assert 1_000_000 <= HSI_HZ // m <= 2_000_000 and 100_000_000 <= HSI_HZ // m * n <= 432_000_000
    assert q >= 2 and HSI_HZ // m * n // q <= 48_000_000
    return HSI_HZ // m * n // p


def baud(machine: Machine) -> float:
    """Baud rate at oversampling by 16 (CR1.OVER8 is 0), clocked by PCLK1."""
    assert values(machine, "USART2", 0x0C) & 1 << 15 == 0
    return core_hz(machine) / APB1_DIVIDERS[values(machine, "RCC", 0x08) >> 10 & 0b111] / values(machine, "USART2", 0x08)


STEPS: dict[str, tuple[str, Callable[[int], bool]]] = {
    "five wait states": ("FLASH.ACR", lambda value: value & 0b111 == 5),
    "HSI on": ("RCC.CR", lambda value: value & 1 == 1),
    "PLL off": ("RCC.CR", lambda value: value >> 24 & 1 == 0),
    "PLL configured": ("RCC.PLLCFGR", lambda value: value >> 22 & 1 == 0),
    "PLL on": ("RCC.CR", lambda value: value >> 24 & 1 == 1),
    "bus prescalers": ("RCC.CFGR", lambda value: value >> 10 & 0b111111 == 0b100101 and value & 0b11 == 0),
    "switched": ("RCC.CFGR", lambda value: value & 0b11 == SW_PLL),
    "port clock": ("RCC.AHB1ENR", lambda value: value & 1 == 1),
    "UART clock": ("RCC.APB1ENR", lambda value: value >> 17 & 1 == 1),
    "baud rate": ("USART2.BRR", lambda value: value > 0),
    "UART enabled": ("USART2.CR1", lambda value: value & (1 << 13 | 0b1100) == 1 << 13 | 0b1100),
}


def test_registers_are_written_in_the_manuals_order(machine: Machine) -> None:
    index = -1
    for step, (name, holds) in STEPS.items():
        found = [i for i, write in enumerate(machine.register_writes) if i > index and write.name == name and holds(write.value)]
        assert found, f"{step} is missing after write {index}"
        index = found[0]
    names = [write.name for write in machine.register_writes]
    assert names.count("RCC.PLLCFGR") == 1, "configured again while it runs"


def test_the_core_runs_at_168_mhz_and_the_buses_within_their_limits(machine: Machine) -> None:
    assert core_hz(machine) == CORE_HZ
    cfgr = values(machine, "RCC", 0x08)
    assert CORE_HZ / APB1_DIVIDERS[cfgr >> 10 & 0b111] <= 42_000_000
    assert CORE_HZ / APB1_DIVIDERS[cfgr >> 13 & 0b111] <= 84_000_000, "PPRE2 is coded as PPRE1"


def test_art_is_on_with_five_wait_states(machine: Machine) -> None:
    acr = values(machine, "FLASH", 0x00)
    assert acr & 0b111 == 5 and acr >> 8 & 0b111 == 0b111, "prefetch, instruction cache, data cache"


def test_the_baud_rate_is_within_one_percent(machine: Machine) -> None:
    assert baud(machine) == pytest.approx(BAUD, rel=0.01)


def test_pa2_and_pa3_are_the_usarts_pins(machine: Machine) -> None:
    assert values(machine, "GPIOA", 0x00) >> 4 & 0b1111 == 0b1010, "alternate function"
    assert values(machine, "GPIOA", 0x20) >> 8 & 0xFF == 0x77, "AF7"
    assert values(machine, "GPIOA", 0x0C) >> 4 & 0b1111 == 0b0100, "pull-up on RX"
    assert values(machine, "GPIOA", 0x00) & ~0xF0 == 0xA8000000, "other pins, those of the debugger among them, untouched"


def test_the_service_answers_at_the_full_clock_and_after_an_overrun() -> None:
    machine = echo_machine()
    client = Client(transport=MachineTransport(machine))
    assert client.identify().clock_hz == CORE_HZ
    assert client.run(window(1, 2, 3)).scores.tolist() == [1, 2, 3]
    machine.uart.overrun()
    assert client.run(window(3, 2, 1)).scores.tolist() == [3, 2, 1]


def flash_latency_stuck(machine: Machine) -> None:
    machine.peripherals["FLASH"].read = lambda offset: 0


def pll_ready_stuck(machine: Machine) -> None:
    rcc = machine.peripherals["RCC"]
    read = rcc.read
    rcc.read = lambda offset: read(offset) | (1 << 25 if offset == 0x00 else 0)


def never_ready(flag: str) -> Callable[[Machine], None]:
    return lambda machine: machine.peripherals["RCC"].never_ready.add(flag)


BROKEN = {
    FaultCode.FLASH_LATENCY_NOT_SET: flash_latency_stuck,
    FaultCode.OSCILLATOR_NOT_READY: never_ready("HSIRDY"),
    FaultCode.PLL_NOT_STOPPED: pll_ready_stuck,
    FaultCode.PLL_NOT_READY: never_ready("PLLRDY"),
    FaultCode.CLOCK_NOT_SWITCHED: never_ready("SWS"),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_clock_that_never_gets_ready_is_reported(code: FaultCode) -> None:
    machine = echo_machine()
    BROKEN[code](machine)
    report = protocol.decode(drain(machine))
    assert has_stopped(machine)
    assert protocol.decode_fault(report.payload) == protocol.Fault(code, 0, 0, 0)
    assert core_hz(machine) == HSI_HZ
    assert baud(machine) == pytest.approx(BAUD, rel=0.01), "reported at the clock that runs"


def test_without_an_rcc_as_in_qemu_it_runs_at_the_clock_after_reset() -> None:
    machine = echo_machine()
    machine.peripherals["RCC"].read = lambda offset: 0
    identity = Client(transport=MachineTransport(machine)).identify()
    assert (identity.name, identity.clock_hz) == ("echo", HSI_HZ)
    assert not any(write.name == "FLASH.ACR" for write in machine.register_writes), "nothing to start"
