"""Boards as data: memory map and peripherals of each chip that the simulator can be.

Purpose: adding a board is one `Board` here. Non-goals: board wiring (LEDs, crystals), peripherals that firmware does
not use; an access to one that is missing here is a fault that names its address.
Sources: STM32L476 reference manual RM0351, section 2.2 (memory map), 6.4 (RCC clock enables); STM32L4R5: RM0432, the same
sections; ARMv7-M ARM, B3.1.
"""

from dataclasses import dataclass, field

from tools.errors import UserError


@dataclass(frozen=True)
class Memory:
    """A range of memory. `alias` is a second address of the same bytes, as for flash at the boot address 0."""

    name: str
    base: int
    size_bytes: int
    writable: bool
    alias: int | None = None


@dataclass(frozen=True)
class Clock:
    """The enable bit that a peripheral needs before it may be accessed: register offset in RCC, and bit."""

    register: int
    bit: int


@dataclass(frozen=True)
class Device:
    """A peripheral: the key `kind` names its class in peripherals/registry.py."""

    name: str
    kind: str
    base: int
    clock: Clock | None = None
    interrupt: int | None = None


@dataclass(frozen=True)
class Board:
    """A chip: memories (the first one is flash and holds the image), devices, the service's UART, and `profile`, the cycle
    model's profile of the chip at its clock (timing/profiles.py), which the timing gate judges."""

    name: str
    memories: tuple[Memory, ...]
    devices: tuple[Device, ...]
    uart: str
    profile: str
    core_devices: tuple[Device, ...] = field(
        default=(
            Device("SYSTICK", "systick", 0xE000E010),
            Device("NVIC", "nvic", 0xE000E100),
            Device("SCB", "scb", 0xE000ED00),
            Device("DCB", "dcb", 0xE000EDF0),
            Device("FPU", "fpu", 0xE000EF34),
            Device("DWT", "dwt", 0xE0001000),
        )
    )

    @property
    def flash(self) -> Memory:
        """The memory that the image is written to."""
        return self.memories[0]

    def memory_at(self, address: int) -> Memory | None:
        """The memory that holds `address`, or None."""
        for memory in self.memories:
            for base in (memory.base, memory.alias):
                if base is not None and base <= address < base + memory.size_bytes:
                    return memory
        return None


_L4_DEVICES = (
    Device("RCC", "rcc", 0x40021000),
    Device("FLASH", "flash_interface", 0x40022000),
    Device("PWR", "pwr", 0x40007000, clock=Clock(0x58, 28)),
    Device("GPIOA", "gpio", 0x48000000, clock=Clock(0x4C, 0)),
    Device("USART2", "usart", 0x40004400, clock=Clock(0x58, 17), interrupt=38),
)

STM32L476 = Board(
    name="stm32l476",
    memories=(
        Memory("flash", 0x08000000, 1024 * 1024, writable=False, alias=0x00000000),
        Memory("sram1", 0x20000000, 96 * 1024, writable=True),
        Memory("sram2", 0x10000000, 32 * 1024, writable=True),
    ),
    devices=_L4_DEVICES,
    uart="USART2",
    profile="stm32l476_80mhz",
)

STM32L4R5 = Board(
    name="stm32l4r5",
    memories=(
        Memory("flash", 0x08000000, 2048 * 1024, writable=False, alias=0x00000000),
        Memory("sram", 0x20000000, 640 * 1024, writable=True),
    ),
    devices=_L4_DEVICES,
    uart="USART2",
    profile="stm32l4r5_120mhz",
)

BOARDS = {board.name: board for board in (STM32L476, STM32L4R5)}


def board_named(name: str) -> Board:
    """The board of that name; UserError with the known names otherwise."""
    if name not in BOARDS:
        known = sorted(BOARDS)
        raise UserError(f"board: unknown name; got {name!r}, want one of {known}. Fix: add it to tools/sim/boards.py")
    return BOARDS[name]
