"""The simulated microcontroller: boots an image from its reset vector and talks to it over its UART.

Purpose: run the very bytes that ship, functionally (fast) or with the cycle model (`timing="zero_wait"` or another
profile). Inputs: a .bin or an ELF, a board name. Errors: SimError with address, pc and symbol; a run never hangs.
Non-goals: interrupts, DMA, serial timing, the MPU; Unicorn's core does not check that the FPU was switched on.
"""

import struct
from collections.abc import Callable, Collection
from typing import NoReturn

from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc, UcError
from unicorn import arm_const as arm
from unicorn import unicorn_const as uc_const

from tools.sim.boards import Board, board_named
from tools.sim.bus import Bus, RegisterWrite
from tools.sim.errors import SimError
from tools.sim.events import EXCEPTION_EXIT, SVC, Events
from tools.sim.exceptions import ENTRY_CYCLES, RETURN_CYCLES, SV_CALL, ExceptionModel, Fault, Lockup
from tools.sim.image import load_image
from tools.sim.memory import PAINT, map_memories, stack_high_water_bytes
from tools.sim.peripherals.registry import make_peripherals
from tools.sim.peripherals.usart import Usart
from tools.sim.stop import StopReason
from tools.sim.symbols import SymbolTable
from tools.sim.timing.timer import BlockTimer, UnalignedMultiple

DEFAULT_MAX_INSTRUCTIONS = 100_000_000
_EXCEPTIONS_PER_RUN_MAX = 1000
_NOWHERE = 0xFFFFFFFE
_RETURN_PAD = 0x1FFF0000
_WAITS = (b"\x30\xbf", b"\x20\xbf")  # WFI, WFE
_BRANCHES_TO_SELF = (b"\xfe\xe7", b"\xff\xf7\xfe\xbf")  # B, B.W
_GENERAL = tuple(arm.UC_ARM_REG_R0 + i for i in range(13))
_NUMBERED = (*_GENERAL, arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_PC, arm.UC_ARM_REG_XPSR)
_SPECIAL = (
    arm.UC_ARM_REG_CONTROL,
    arm.UC_ARM_REG_FPSCR,
    arm.UC_ARM_REG_PRIMASK,
    arm.UC_ARM_REG_BASEPRI,
    arm.UC_ARM_REG_FAULTMASK,
)


class Machine:
    """A board with `image` in its flash, reset and ready to run.

    Attributes: `uart` (send, receive), `symbols`, `peripherals` by name, `register_writes`, `faults` since reset.
    """

    def __init__(self, image: bytes, board: str = "stm32l476", timing: str | None = None, elf: bytes | None = None) -> None:
        self.board: Board = board_named(board)
        loaded = load_image(image, self.board, elf)
        self.symbols: SymbolTable = loaded.symbols
        self._segments = loaded.segments
        self._uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self._uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
        self._memories = map_memories(self._uc, self.board)
        self._uc.mem_map(_RETURN_PAD, 0x1000, uc_const.UC_PROT_READ | uc_const.UC_PROT_EXEC)
        self.peripherals = make_peripherals(self.board, self)
        self.uart: Usart = self.peripherals[self.board.uart]
        self._events = Events(self._uc, self._is_code)
        self._bus = Bus(self._uc, self.board, self.peripherals, self._events.on_bus_error)
        self._exceptions = ExceptionModel(self._uc, self.peripherals["SCB"])
        self._timer = BlockTimer(self._uc, timing, self.board) if timing else None
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
        self._bus.log.clear()
        self.faults: list[Fault] = []
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

        SimError after `max_instructions` (counted anew after each exception), or on a fault that no handler takes.
        """
        if until is None:
            return self._run(max_instructions, _NOWHERE)
        self._drop_translation(until & ~1)
        try:
            return self._run(max_instructions, until & ~1)
        finally:
            self._drop_translation(until & ~1)

    def _run(self, max_instructions: int, until: int) -> StopReason:
        for _ in range(_EXCEPTIONS_PER_RUN_MAX):
            reason = self._run_to_event(max_instructions, until)
            if reason is StopReason.LIMIT:
                if self._code(self._pc).startswith(_BRANCHES_TO_SELF):
                    return StopReason.HALTED
                self._fail(f"runaway: no wait for input within {max_instructions} instructions")
            if reason is not None:
                return reason
        first = f", the first a {self._describe(self.faults[0])}" if self.faults else ""
        self._fail(f"runaway: {_EXCEPTIONS_PER_RUN_MAX} exceptions in one run{first}")

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
        if len(self.faults) > faults_before:
            self._fail(f"{self._describe(self.faults[faults_before])}; its handler ran")
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
            self._uc.ctl_set_exits(sorted(stops) or [_NOWHERE])
            reason = self._run_to_event(max_instructions, _NOWHERE)
        finally:
            self._uc.ctl_exits_enabled(False)
            for address in stops:
                self._drop_translation(address)
        return StopReason.UNTIL if self._pc in stops else reason or StopReason.LIMIT

    def observe(self, observer: Callable | None) -> None:
        """Has each timed block reported to `observer` (timing/timer.py); None ends it. SimError in functional mode."""
        self._timed().observer = observer

    def call(self, function: str | int, *arguments: int, max_instructions: int = DEFAULT_MAX_INSTRUCTIONS) -> int:
        """Calls a function (symbol or address) by the procedure call standard; up to 4 word arguments; returns r0."""
        address = self.symbols[function] if isinstance(function, str) else function
        for register, value in zip(_GENERAL, arguments, strict=False):
            self._uc.reg_write(register, value & 0xFFFFFFFF)
        self._uc.reg_write(arm.UC_ARM_REG_LR, _RETURN_PAD | 1)
        self._pc = address & ~1
        reason = self.run(max_instructions, until=_RETURN_PAD)
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
        """Model cycles since reset; SimError in functional mode, which has none."""
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

    def read(self, address: int, count: int) -> bytes:
        """`count` bytes of memory; SimError outside of it."""
        return self._memories.read(address, count)

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

    # -- what peripherals and the bus ask for (register_file.Host) -------------------------------------------------

    def request_stop(self, reason: StopReason) -> None:
        """Ends the run at this access."""
        self._events.request_stop(reason)

    def cycles_now(self) -> int:
        """Model cycles up to the access in progress; 0 in functional mode."""
        return self._timer.cycles_at(self._uc.reg_read(arm.UC_ARM_REG_PC)) if self._timer else 0

    def _drop_translation(self, address: int) -> None:
        """Unicorn builds the end of a run into the code that it translates: that of an earlier run must not be used."""
        self._uc.ctl_remove_cache(address, address + 2)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _run_to_event(self, max_instructions: int, until: int) -> StopReason | None:
        """One stretch of Unicorn; None when an exception was entered or left and the run goes on."""
        events = self._events
        events.clear()
        error = None
        try:
            self._uc.emu_start(self._pc | 1, until, count=max_instructions)
        except UcError as raised:
            error = raised.errno
        self._pc = self._uc.reg_read(arm.UC_ARM_REG_PC) & ~1
        fault = events.fault(error, self._pc)
        if self._timer:
            self._raise_timer_failure()
            (self._timer.stop_within if fault or events.stop else self._timer.stop_before)(self._pc)
        try:
            if fault:
                self.faults.append(fault)
                return self._go_on_at(self._exceptions.take_fault(fault), ENTRY_CYCLES)
            if events.interrupt == EXCEPTION_EXIT:
                return self._go_on_at(self._exceptions.leave(self._pc | 1), RETURN_CYCLES)
            if events.interrupt == SVC:
                return self._go_on_at(self._exceptions.enter(SV_CALL, self._pc), ENTRY_CYCLES)
        except Lockup as lockup:
            causes = [self._describe(fault) for fault in self.faults[-2:]]
            causes = causes or [f"exception at {self.symbols.describe(self._pc)}"]
            self._fail(f"lockup: {lockup}; after {', then '.join(causes)}")
        if events.stop:
            return events.stop
        if self._pc == until:
            return StopReason.UNTIL
        return StopReason.IDLE if self._code(self._pc - 2).startswith(_WAITS) else StopReason.LIMIT

    def _raise_timer_failure(self) -> None:
        try:
            self._timer.raise_failure()
        except UnalignedMultiple as error:
            self._fail(f"usage fault: unaligned LDM, STM, LDRD or STRD, pc {self.symbols.describe(error.pc)}")

    def _is_code(self, address: int) -> bool:
        return address == _RETURN_PAD or self.board.memory_at(address) is not None

    def _go_on_at(self, address: int, cycles: int) -> None:
        """An exception was entered or left within `cycles`; the run goes on at `address`."""
        self._pc = address & ~1
        if self._timer:
            self._timer.add(cycles)

    def _timed(self):
        if self._timer is None:
            fact = "no cycles or instructions in functional mode"
            raise SimError(f"{self.board.name}: {fact}. Fix: Machine(..., timing='zero_wait')")
        return self._timer

    def _code(self, address: int) -> bytes:
        """The 4 bytes at `address`; none where there is no memory."""
        return self.read(address, 4) if self.board.memory_at(address) and self.board.memory_at(address + 3) else b""

    def _describe(self, fault: Fault) -> str:
        where = "" if fault.address is None else f" at address {fault.address:#010x}"
        detail = f" ({fault.detail})" if fault.detail else ""
        return f"{fault.kind.label}{where}{detail}, pc {self.symbols.describe(fault.pc)}"

    def _fail(self, fact: str, sent: bytes = b"") -> NoReturn:
        """Raises SimError; the error carries `sent` and what the firmware has sent since."""
        message = f"{self.board.name}: {fact}; stopped at pc {self.symbols.describe(self._pc)}"
        raise SimError(message, sent + self.uart.receive())
