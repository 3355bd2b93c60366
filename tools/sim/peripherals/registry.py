"""Makes the peripherals of a board: one line per class."""

from tools.sim.boards import Board
from tools.sim.peripherals.dwt import DebugControl, Dwt
from tools.sim.peripherals.flash_interface import FlashInterface
from tools.sim.peripherals.gpio import Gpio
from tools.sim.peripherals.nvic import Nvic
from tools.sim.peripherals.pwr import Pwr
from tools.sim.peripherals.rcc import Rcc
from tools.sim.peripherals.register_file import Host, RegisterFile
from tools.sim.peripherals.scb import FpuContext, Scb
from tools.sim.peripherals.systick import SysTick
from tools.sim.peripherals.usart import Usart

KINDS: dict[str, type[RegisterFile]] = {
    "dcb": DebugControl,
    "dwt": Dwt,
    "flash_interface": FlashInterface,
    "fpu": FpuContext,
    "gpio": Gpio,
    "nvic": Nvic,
    "pwr": Pwr,
    "rcc": Rcc,
    "scb": Scb,
    "systick": SysTick,
    "usart": Usart,
}


def make_peripherals(board: Board, host: Host) -> dict[str, RegisterFile]:
    """All devices of `board` and its core by name."""
    devices = board.devices + board.core_devices
    made = {device.name: KINDS[device.kind](device.name, device.base, host) for device in devices}
    made["DWT"].debug_control = made["DCB"]
    made["SYSTICK"].system_control = made["SCB"]
    return made
