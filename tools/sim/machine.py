"""The simulated microcontroller: boots an image from its reset vector and talks to it over its UART.

Purpose: run the very bytes that ship, functionally (fast) or with the cycle model (`timing="zero_wait"` or another
profile). Inputs: a .bin or an ELF, a board name. Errors: SimError with address, pc and symbol; a run never hangs.
Non-goals: DMA, serial timing, the MPU; Unicorn's core does not check that the FPU was switched on.
"""

import struct
from collections.abc import Callable, Collection

from unicorn import arm_const as arm

from tools.sim.boards import board_named
from tools.sim.bus import RegisterWrite
from tools.sim.core import HANDLER_PAD, NOWHERE, RETURN_PAD, Core
from tools.sim.errors import SimError
from tools.sim.image import load_image
from tools.sim.memory import PAINT, stack_high_water_bytes
from tools.sim.peripherals import systick
from tools.sim.peripherals.scb import SHPR3
from tools.sim.stop import StopReason
from tools.sim.symbols import SymbolTable

DEFAULT_MAX_INSTRUCTIONS = 100_000_000
_BX_LR = b"\x70\x47"
_GENERAL = tuple(arm.UC_ARM_REG_R0 + i for i in range(13))
_NUMBERED = (*_GENERAL, arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_PC, arm.UC_ARM_REG_XPSR)
_SPECIAL = (
    arm.UC_ARM_REG_CONTROL,
    arm.UC_ARM_REG_FPSCR,
    arm.UC_ARM_REG_PRIMASK,
    arm.UC_ARM_REG_BASEPRI,
    arm.UC_ARM_REG_FAULTMASK,
)


class Machine(Core):
    """A board with `image` in its flash, reset and ready to run.

    Attributes: `uart` (send, receive), `symbols`, `peripherals` by name, `register_writes`, `faults` since reset.
    """

    def __init__(self, image: bytes, board: str = "stm32l476", timing: str | None = None, elf: bytes | None = None) -> None:
        super().__init__(board_named(board), timing)
        loaded = load_image(image, self.board, elf)
        self.symbols: SymbolTable = loaded.symbols
        self._segments = loaded.segments
        self.reset()

    # -- control -------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Paints SRAM, resets peripherals and core, and loads stack pointer and pc from the vector table."""
        for memory in self.board.memories:
            fill = PAINT if memory.writable else b"\xff\xff\xff\xff"
            self._memories.write(memory.base, fill * (memory.size_bytes // 4))
        for segment in self._segments:
            self._memories.write(segment.address, segment.data)
        for peripheral in self.peripherals.values():
            peripheral.reset()
        self._exceptions.reset()
        self._delivery.reset()
        self._bus.log.clear()
        self.faults.clear()
        self._failure = None
        for register in (*_GENERAL, *_SPECIAL):
            self._uc.reg_write(register, 0)
        stack_top, entry = struct.unpack("<2I", self.read(self.board.flash.base, 8))
        if not entry & 1 or self.board.memory_at(entry) is None:
            raise SimError(
                f"{self.board.name}: the image has no reset vector; got {entry:#010x} at {self.board.flash.base + 4:#010x}, "
                "want an odd address in flash. Fix: put the vector table first in the linker script"
            )
        self._uc.reg_write(arm.UC_ARM_REG_XPSR, 1 << 24)
        self._uc.reg_write(arm.UC_ARM_REG_SP, stack_top & ~3)
        self._uc.reg_write(arm.UC_ARM_REG_LR, 0xFFFFFFFF)
        self._pc = entry & ~1
        if self._timer:
            self._timer.reset()
            for segment in self._segments:
                self._timer.watch(segment.data, segment.address)

    def run(self, max_instructions: int = DEFAULT_MAX_INSTRUCTIONS, until: int | None = None) -> StopReason:
        """Runs until the firmware waits for input, halts, asks for a reset, or reaches address `until`.

        SimError after `max_instructions` and the rest of a block, or on a fault that no handler takes.
        """
        if until is None:
            return self._run(max_instructions, NOWHERE)
        self._drop_translation(until & ~1)
        try:
            return self._run(max_instructions, until & ~1)
        finally:
            self._drop_translation(until & ~1)

    def start_systick(self, period_cycles: int, handler: str | bytes = _BX_LR) -> None:
        """Starts SysTick from outside, at its lowest priority, as if the firmware had: its handler runs every `period_cycles`.

        `handler`: a function of the ELF, or the machine code of one, which ends in `bx lr`. It replaces the image's vector.
        """
        if isinstance(handler, bytes):
            self._uc.mem_write(HANDLER_PAD, handler)
        self._exceptions.vectors[systick.SYS_TICK] = self.symbols[handler] if isinstance(handler, str) else HANDLER_PAD
        timer = self.peripherals["SYSTICK"]
        self.peripherals["SCB"].values[SHPR3] |= 0xFF << 24
        timer.write(systick.LOAD, period_cycles - 1)
        timer.write(systick.VAL, 0)
        timer.write(systick.CTRL, systick.ENABLE | systick.TICKINT | systick.CLKSOURCE)

    def exchange(
        self,
        request: bytes,
        reply: int | Callable[[bytes], bool] | None = None,
        max_instructions: int = DEFAULT_MAX_INSTRUCTIONS,
    ) -> bytes:
        """Sends `request`, runs until the firmware waits for input again, returns all that it sent.

        SimError if a fault occurred (even one that its handler reported), or if what was sent does not have `reply` bytes,
        or does not satisfy the predicate `reply`.
        """
        faults_before = len(self.faults)
        self.uart.send(request)
        self.run(max_instructions)
        self._check_no_fault_since(faults_before)
        sent = self.uart.receive()
        if isinstance(reply, int) and len(sent) != reply:
            self._fail(f"reply to a request of {len(request)} bytes; got {len(sent)} bytes, want {reply}", sent)
        if callable(reply) and not reply(sent):
            self._fail(f"reply to a request of {len(request)} bytes; got {sent.hex(' ') or 'nothing'}, want another", sent)
        return sent

    def advance(self, max_instructions: int, until: Collection[int] = ()) -> StopReason:
        """For debuggers: runs until something ends the run, an address in `until` is reached, an exception is entered or
        left, or `max_instructions` have executed; LIMIT in the latter two cases. One instruction is a step.
        """
        stops = {address & ~1 for address in until}
        for address in stops:
            self._drop_translation(address)
        self._uc.ctl_exits_enabled(True)
        try:
            self._uc.ctl_set_exits(sorted(stops) or [NOWHERE])
            reason, _, _ = self._run_to_event(max_instructions, NOWHERE, exact=True)
        finally:
            self._uc.ctl_exits_enabled(False)
            for address in stops:
                self._drop_translation(address)
        return StopReason.UNTIL if self._pc in stops else reason or StopReason.LIMIT

    def observe(self, observer: Callable | None) -> None:
        """Has each timed block reported to `observer` (timing/timer.py); None ends it. SimError in functional mode."""
        self._timed().observe(observer)

    def call(self, function: str | int, *arguments: int, max_instructions: int = DEFAULT_MAX_INSTRUCTIONS) -> int:
        """Calls a function (symbol or address) by the procedure call standard; up to 4 word arguments; returns r0.

        SimError if it does not return, or if a fault occurred, even one that its handler took.
        """
        address = self.symbols[function] if isinstance(function, str) else function
        for register, value in zip(_GENERAL, arguments, strict=False):
            self._uc.reg_write(register, value & 0xFFFFFFFF)
        self._uc.reg_write(arm.UC_ARM_REG_LR, RETURN_PAD | 1)
        self._pc = address & ~1
        faults_before = len(self.faults)
        reason = self.run(max_instructions, until=RETURN_PAD)
        self._check_no_fault_since(faults_before)
        if reason is not StopReason.UNTIL:
            self._fail(f"call of {self.symbols.describe(address)} did not return; got stop reason {reason.value}")
        return self._uc.reg_read(arm.UC_ARM_REG_R0)

    # -- state ---------------------------------------------------------------------------------------------------

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return self._pc

    @property
    def cycles(self) -> int:
        """Model cycles since reset; SimError in functional mode, which has none, and after a run that failed, until reset."""
        if self._failure is not None:
            fact = f"no time for a run that failed: {self._failure}"
            raise SimError(f"{self.board.name}: {fact}. Fix: mend the firmware, or reset the machine")
        return self._timed().cycles

    @property
    def instructions(self) -> int:
        """Instructions since reset; SimError in functional mode, which does not count them."""
        return self._timed().instructions

    @property
    def assumed_accesses(self) -> int:
        """Blocks timed since reset with an access whose address the model did not know; it took them for aligned SRAM."""
        return self._timed().assumed_accesses

    @property
    def register_writes(self) -> list[RegisterWrite]:
        """Writes to peripheral registers since reset, in order; data registers are left out."""
        return self._bus.register_writes

    def write(self, address: int, data: bytes) -> None:
        """Stores `data` in memory, flash included; SimError outside of it."""
        self._memories.write(address, data)

    def register(self, number: int) -> int:
        """Core register r0 to r12; 13 is SP, 14 LR, 15 the pc, 16 xPSR."""
        return self._pc if number == 15 else self._uc.reg_read(_NUMBERED[number])

    def set_register(self, number: int, value: int) -> None:
        """Sets a core register, numbered as in `register`."""
        if number == 15:
            self._pc = value & ~1
        else:
            self._uc.reg_write(_NUMBERED[number], value)

    def stack_high_water_bytes(self, stack_top: int, stack_bottom: int | None = None) -> int:
        """Bytes of stack used since reset; see memory.stack_high_water_bytes."""
        return stack_high_water_bytes(self._memories, stack_top, stack_bottom)

    def _check_no_fault_since(self, faults_before: int) -> None:
        if len(self.faults) > faults_before:
            self._fail(f"{self.describe(self.faults[faults_before])}; its handler ran")
