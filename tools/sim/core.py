"""The simulated core: runs the program from event to event, delivers exceptions, and says what went wrong where.

Purpose: what machine.py builds on. Inputs: a board and a timing profile or None. Errors: SimError with address, pc and
symbol. Non-goals: images, the conveniences of Machine; Unicorn's core does not check that the FPU was switched on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc, UcError
from unicorn import arm_const as arm
from unicorn import unicorn_const as uc_const

from tools.sim.boards import Board
from tools.sim.bus import Bus
from tools.sim.counter import NEVER, Counter
from tools.sim.delivery import Delivery
from tools.sim.errors import SimError
from tools.sim.events import EXCEPTION_EXIT, SVC, Events
from tools.sim.exceptions import ENTRY_CYCLES, SV_CALL, ExceptionModel, Fault, Lockup
from tools.sim.memory import map_memories
from tools.sim.peripherals.registry import make_peripherals
from tools.sim.peripherals.usart import Usart
from tools.sim.stop import StopReason
from tools.sim.symbols import SymbolTable
from tools.sim.timing.timer import BlockTimer, UnalignedMultiple

NOWHERE = 0xFFFFFFFE
RETURN_PAD, HANDLER_PAD = 0x1FFF0000, 0x1FFF0100
_EXCEPTIONS_PER_RUN_MAX = 1000
_WAITS = (b"\x30\xbf", b"\x20\xbf")  # WFI, WFE
_BRANCHES_TO_SELF = (b"\xfe\xe7", b"\xff\xf7\xfe\xbf")  # B, B.W


class Core:
    """The core and bus of `board`, without a program. It is the Host (peripherals/register_file.py) of its peripherals.

    Attributes: `peripherals` by name, `uart`, `symbols`, `faults` since reset; `place` says in which part of the program the
    core is, such as `layer conv1`, or ``: whoever knows the program sets it, errors call it.
    """

    def __init__(self, board: Board, timing: str | None) -> None:
        self.board = board
        self.symbols = SymbolTable()
        self.faults: list[Fault] = []
        self.place: Callable[[], str] = str
        self._failure: str | None = None
        self._pc = 0
        self._uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self._uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
        self._memories = map_memories(self._uc, board)
        self._uc.mem_map(RETURN_PAD, 0x1000, uc_const.UC_PROT_READ | uc_const.UC_PROT_EXEC)
        self.peripherals = make_peripherals(board, self)
        self.uart: Usart = self.peripherals[board.uart]
        self._events = Events(self._uc, self._is_code)
        self._bus = Bus(self._uc, board, self.peripherals, self._events)
        self._exceptions = ExceptionModel(self._uc, self.peripherals["SCB"])
        self._timer = BlockTimer(self._uc, timing, board, self._memories.mappings()) if timing else None
        self._counter = Counter(self._uc) if not timing else None
        self._delivery = Delivery(self._uc, board, self.peripherals, self._exceptions, self._timer)

    def read(self, address: int, count: int) -> bytes:
        """`count` bytes of memory; SimError outside of it."""
        return self._memories.read(address, count)

    def where(self) -> str:
        """Where the core is: `pc 0x0800041a (uart_send+0x12)`, and its place if it is known."""
        return _join(f"pc {self.symbols.describe(self._pc)}", self.place())

    def describe(self, fault: Fault) -> str:
        """What `fault` was, and where."""
        address = "" if fault.address is None else f" at address {fault.address:#010x}"
        detail = f" ({fault.detail})" if fault.detail else ""
        return _join(f"{fault.kind.label}{address}{detail}", f"pc {self.symbols.describe(fault.pc)}", fault.place)

    # -- what peripherals and the bus ask for (register_file.Host) -------------------------------------------------

    def request_stop(self, reason: StopReason) -> None:
        """Ends the run at this access."""
        self._events.request_stop(reason)

    def cycles_now(self) -> int:
        """Model cycles up to the access in progress; 0 in functional mode."""
        return self._timer.cycles_at(self._uc.reg_read(arm.UC_ARM_REG_PC)) if self._timer else 0

    def time_now(self) -> int:
        """Model cycles up to the access in progress; in functional mode the instructions of the stretches that have ended."""
        return self.cycles_now() if self._timer else self._delivery.functional_time

    def interrupts_changed(self) -> None:
        """Looks at the interrupts after the access in progress."""
        self._events.request_look()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _run(self, max_instructions: int, until: int) -> StopReason:
        left, exceptions = max_instructions, 0
        while exceptions < _EXCEPTIONS_PER_RUN_MAX:
            reason, executed, caused = self._run_to_event(left, until)
            left, exceptions = left - executed, exceptions + caused
            if reason is not None:
                return reason
            if left <= 0:
                if self._code(self._pc).startswith(_BRANCHES_TO_SELF):
                    return StopReason.HALTED
                self._fail(f"runaway: no wait for input within {max_instructions} instructions")
        first = f", the first a {self.describe(self.faults[0])}" if self.faults else ""
        self._fail(f"runaway: {_EXCEPTIONS_PER_RUN_MAX} exceptions in one run{first}")

    def _drop_translation(self, address: int) -> None:
        """Unicorn builds the end of a run into the code that it translates: that of an earlier run must not be used."""
        self._uc.ctl_remove_cache(address, address + 2)

    def _run_to_event(self, instructions_left: int, until: int, exact: bool = False) -> tuple[StopReason | None, int, bool]:
        """One stretch of Unicorn, `exact`ly within the limit or to the end of a block. Returns why the run ends (None if it goes
        on), the instructions of the stretch, and whether the firmware caused an exception."""
        count = self._delivery.stretch(instructions_left)
        before = self._executed()
        fault = self._emulate(count, until, exact)
        if self._timer:
            self._stop_timer(self._pc, within=bool(fault or self._events.stop or self._events.looked))
        executed = self._executed() - before
        self._delivery.ran(executed)
        reason, caused = self._after_stretch(fault, until)
        return reason, executed, caused

    def _executed(self) -> int:
        """Instructions since some time; a functional machine counts a block that was left early as a whole."""
        return self._timer.instructions if self._timer else self._counter.instructions

    def _emulate(self, count: int, until: int, exact: bool) -> Fault | None:
        """Runs Unicorn for `count` instructions; returns the fault that ended it."""
        self._events.clear()
        error = self._start(self._pc, until, count, exact)
        if self._events.looked and error is None:  # the access that asked for the look is made again, and completes
            self._bus.log.pop()
            pc = self._uc.reg_read(arm.UC_ARM_REG_PC)
            if self._timer:
                self._stop_timer(pc, within=True)
            error = self._start(pc, until, 1, exact=True)
        self._pc = self._uc.reg_read(arm.UC_ARM_REG_PC) & ~1
        return self._events.fault(error, self._pc)

    def _start(self, pc: int, until: int, count: int, exact: bool) -> int | None:
        """Runs Unicorn; returns its error, if it is none of ours. Its own count halves the speed of a functional machine; a timer
        is exact by itself."""
        counted = exact and not self._timer
        if counted:
            self._uc.ctl_flush_tb()  # Unicorn does not count in what it has translated without
        (self._timer or self._counter).stop_after(NEVER if counted else count)
        try:
            self._uc.emu_start(pc | 1, until, count=count if counted else 0)
        except UcError as error:
            return error.errno if self._events.access_completes else None
        return None

    def _after_stretch(self, fault: Fault | None, until: int) -> tuple[StopReason | None, bool]:
        """Enters or leaves an exception; returns why the run ends, if it does, and whether the firmware caused the exception."""
        events = self._events
        try:
            if fault:
                self.faults.append(replace(fault, place=self.place()))
                return self._go_on_at(self._exceptions.take_fault(fault), ENTRY_CYCLES), True
            if events.interrupt == EXCEPTION_EXIT:
                return self._go_on_at(*self._delivery.leave(self._pc | 1)), False
            if events.interrupt == SVC:
                return self._go_on_at(self._exceptions.enter(SV_CALL, self._pc), ENTRY_CYCLES), True
            if events.stop:
                return events.stop, False
            if self._pc == until:
                return StopReason.UNTIL, False
            taken = self._delivery.take(self._pc)
        except Lockup as lockup:
            causes = [self.describe(fault) for fault in self.faults[-2:]]
            causes = causes or [f"exception at {self.symbols.describe(self._pc)}"]
            self._fail(f"lockup: {lockup}; after {', then '.join(causes)}")
        if taken:
            return self._go_on_at(*taken), False
        return StopReason.IDLE if self._code(self._pc - 2).startswith(_WAITS) else None, False

    def _stop_timer(self, pc: int, within: bool) -> None:
        """Tells the timer that Unicorn has stopped before `pc`, `within` a block or behind it."""
        try:
            (self._timer.stop_within if within else self._timer.stop_before)(pc)
        except UnalignedMultiple as error:
            self._fail(f"usage fault: unaligned LDM, STM, LDRD or STRD, pc {self.symbols.describe(error.pc)}")

    def _is_code(self, address: int) -> bool:
        return address & ~0xFFF == RETURN_PAD or self.board.memory_at(address) is not None

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

    def _fail(self, fact: str, sent: bytes = b"") -> NoReturn:
        """Raises SimError; the error carries `sent` and what the firmware has sent since. From now on there is no time."""
        self._failure = fact
        raise SimError(f"{self.board.name}: {fact}; stopped at {self.where()}", sent + self.uart.receive())


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
