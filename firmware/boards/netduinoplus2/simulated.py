"""The STM32F405 as a board of the simulator, for the functional test of this board's start-up; not timed.

Importing it makes `Machine(image, board="netduinoplus2")` work in this process. Sources: RM0090, sections "Memory map", "RCC",
"Embedded Flash memory interface", "GPIO", "USART" (register tables and reset values).
"""

from tools.sim import boards
from tools.sim.peripherals import registry
from tools.sim.peripherals.gpio import Gpio
from tools.sim.peripherals.register_file import RegisterFile
from tools.sim.peripherals.usart import IDLE_POLLS, Usart
from tools.sim.stop import StopReason

CR, PLLCFGR, CFGR = 0x00, 0x04, 0x08
_READY = {"HSIRDY": (0, 1), "HSERDY": (16, 17), "PLLRDY": (24, 25)}  # flag: enable bit, ready bit of CR
SR, DR, USART_CR1 = 0x00, 0x04, 0x0C
_ORE, _RXNE = 1 << 3, 1 << 5
_RE, _TE, _UE = 1 << 2, 1 << 3, 1 << 13


class Rcc(RegisterFile):
    """Clock control: ready flags follow enable bits, SWS follows SW, but for those in `never_ready`."""

    names = {0x00: "CR", 0x04: "PLLCFGR", 0x08: "CFGR", 0x0C: "CIR", 0x30: "AHB1ENR", 0x34: "AHB2ENR", 0x40: "APB1ENR",
             0x44: "APB2ENR"}
    reset_values = {CR: 0x00000083, PLLCFGR: 0x24003010, 0x30: 0x00100000}

    def __init__(self, *args) -> None:
        self.never_ready: set[str] = set()
        super().__init__(*args)

    def write(self, offset: int, value: int) -> None:
        super().write(offset, value)
        if offset == CR:
            for flag, (enable, ready) in _READY.items():
                on = value >> enable & 1 and flag not in self.never_ready
                self.values[CR] = self.values[CR] & ~(1 << ready) | bool(on) << ready
        if offset == CFGR and "SWS" not in self.never_ready:
            self.values[CFGR] = value & ~0b1100 | (value & 0b11) << 2


class FlashInterface(RegisterFile):
    """Access control: keeps what is written."""

    names = {0x00: "ACR"}


class PortA(Gpio):
    """Port A of an STM32F405, whose other ports reset to other values."""

    reset_values = {0x00: 0xA8000000, 0x0C: 0x64000000}


class OlderUsart(Usart):
    """The USART of an STM32F4: one data register, and flags that reading SR and then DR clears."""

    names = {0x00: "SR", 0x04: "DR", 0x08: "BRR", 0x0C: "CR1", 0x10: "CR2", 0x14: "CR3", 0x18: "GTPR"}
    reset_values = {}
    unlogged = frozenset({DR})

    def interrupt_line(self) -> bool:
        return False

    def _enabled(self, direction: int) -> bool:
        return self.values[USART_CR1] & (_UE | direction) == _UE | direction

    def read(self, offset: int) -> int:
        if offset == SR:
            if self._input and self._enabled(_RE):
                return self._flags | _RXNE
            self._empty_polls += 1
            if self._empty_polls >= IDLE_POLLS:
                self._empty_polls = 0
                self.host.request_stop(StopReason.IDLE)
            return self._flags
        if offset == DR:
            self._empty_polls = 0
            self._flags &= ~_ORE
            return self._input.popleft() if self._input else 0
        return RegisterFile.read(self, offset)

    def write(self, offset: int, value: int) -> None:
        if offset != DR:
            RegisterFile.write(self, offset, value)
        elif self._enabled(_TE):
            self._empty_polls = 0
            self._output.append(value & 0xFF)


STM32F405 = boards.Board(
    name="netduinoplus2",
    memories=(
        boards.Memory("flash", 0x08000000, 1024 * 1024, writable=False, alias=0x00000000),
        boards.Memory("sram", 0x20000000, 128 * 1024, writable=True),
    ),
    devices=(
        boards.Device("RCC", "rcc_f4", 0x40023800),
        boards.Device("FLASH", "flash_interface_f4", 0x40023C00),
        boards.Device("GPIOA", "gpio_f4", 0x40020000, clock=boards.Clock(0x30, 0)),
        boards.Device("USART2", "usart_f4", 0x40004400, clock=boards.Clock(0x40, 17), interrupt=38),
    ),
    uart="USART2",
    profile="zero_wait",
)

registry.KINDS.update(rcc_f4=Rcc, flash_interface_f4=FlashInterface, gpio_f4=PortA, usart_f4=OlderUsart)
boards.BOARDS[STM32F405.name] = STM32F405
