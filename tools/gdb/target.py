"""What the debugger debugs: a simulated machine whose service is asked to classify one window again and again.

Purpose: run, step, breakpoints, registers and memory of the machine in the debugger's terms. Whenever the firmware waits for
input it gets the next request, so that a breakpoint in a layer is met at every `continue`.
Non-goals: cycles (the machine runs without the cycle model), watchpoints, floating-point registers, peripherals' registers.
"""

import enum
import struct
from collections.abc import Callable
from typing import NoReturn

from tools.sim import exceptions
from tools.sim.errors import SimError
from tools.sim.machine import Machine
from tools.sim.stop import StopReason

REGISTERS = ("r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr", "pc", "xpsr")
_PC = 15
# Between two looks at the debugger: short enough for Ctrl-C, long enough to be fast.
_SLICE_INSTRUCTIONS = 200_000


class Signal(enum.IntEnum):
    """Why the machine stopped, as GDB numbers signals."""

    INT = 2
    ILL = 4
    TRAP = 5
    ABRT = 6
    SEGV = 11


class Target:
    """`machine`, just reset, functional; `request` is the frame that asks for an inference."""

    def __init__(self, machine: Machine, request: bytes) -> None:
        self._machine = machine
        self._request = request
        self.breakpoints: set[int] = set()

    def proceed(self, interrupted: Callable[[], bool], say: Callable[[str], object]) -> Signal:
        """Runs to a breakpoint, a fault or until `interrupted()`; `say(text)` tells the user what signals cannot."""
        if self._machine.pc in self.breakpoints:
            signal = self._advance(1, frozenset(), say)
            if signal is not None:
                return signal
        while True:
            signal = self._advance(_SLICE_INSTRUCTIONS, self.breakpoints, say)
            if signal is not None:
                return signal
            if interrupted():
                return Signal.INT

    def step(self, say: Callable[[str], object]) -> Signal:
        """Executes one instruction."""
        return self._advance(1, frozenset(), say) or Signal.TRAP

    def reset(self) -> None:
        """Resets the machine; it stops before the reset handler's first instruction."""
        self._machine.reset()

    def registers(self) -> bytes:
        """All registers, in the order of REGISTERS, as words."""
        return struct.pack(f"<{len(REGISTERS)}I", *(self._machine.register(number) for number in range(len(REGISTERS))))

    def set_registers(self, words: bytes) -> None:
        """Sets all registers, as `registers` returns them."""
        for number, value in enumerate(struct.unpack(f"<{len(REGISTERS)}I", words)):
            self._machine.set_register(number, value)

    def register(self, number: int) -> int:
        """One register; IndexError beyond the last one."""
        REGISTERS[number]
        return self._machine.register(number)

    def set_register(self, number: int, value: int) -> None:
        """Sets one register; IndexError beyond the last one."""
        REGISTERS[number]
        self._machine.set_register(number, value)

    def jump(self, address: int) -> None:
        """Lets the next instruction be the one at `address`."""
        self._machine.set_register(_PC, address)

    def read(self, address: int, count: int) -> bytes:
        """Memory, as far as there is some; SimError if there is none at `address`. Peripherals can't be read."""
        memory = self._machine.board.memory_at(address)
        if memory is None:
            self._refuse(address)
        is_alias = memory.alias is not None and memory.alias <= address < memory.alias + memory.size_bytes
        end = (memory.alias if is_alias else memory.base) + memory.size_bytes
        return self._machine.read(address, min(count, end - address))

    def write(self, address: int, data: bytes) -> None:
        """Stores `data`, in flash too; SimError outside of memory."""
        if self._machine.board.memory_at(address) is None:
            self._refuse(address)
        self._machine.write(address, data)

    def _refuse(self, address: int) -> NoReturn:
        raise SimError(f"{self._machine.board.name}: the debugger sees memory only; got {address:#010x}")

    def _advance(self, instructions: int, until: set[int] | frozenset[int], say: Callable[[str], object]) -> Signal | None:
        """One stretch; None when nothing stopped it."""
        machine, faults = self._machine, len(self._machine.faults)
        try:
            reason = machine.advance(instructions, until)
        except SimError as error:
            say(f"{error}\n")
            return Signal.ABRT
        if len(machine.faults) > faults:
            fault = machine.faults[-1]
            say(f"{fault.kind.label} at {machine.symbols.describe(fault.pc)}; now in its handler\n")
            return Signal.ILL if fault.kind is exceptions.UNDEFINED else Signal.SEGV
        if reason is StopReason.RESET:
            machine.reset()
        elif reason is StopReason.IDLE:
            machine.uart.receive()
            machine.uart.send(self._request)
        return Signal.TRAP if reason is StopReason.UNTIL else None
