"""When an interrupt is taken, and what that costs.

Purpose: keeps the time that SysTick counts, asks for a look at the interrupts when it is due, and enters, chains and leaves
handlers. Timed, time is model cycles and a look happens before a basic block; functional, an instruction counts as one
cycle, and the run goes in slices up to the next tick and the end of a block.
Source of the cycles: exceptions.py. Non-goals: late arrival; interrupting LDM, STM and divides (they complete).
"""

from unicorn import Uc

from tools.sim.boards import Board
from tools.sim.exceptions import ENTRY_CYCLES, RETURN_CYCLES, TAIL_CHAIN_CYCLES, ExceptionModel
from tools.sim.interrupts import Interrupts
from tools.sim.peripherals.register_file import RegisterFile
from tools.sim.peripherals.systick import SysTick
from tools.sim.timing.timer import BlockTimer

# Functional: when to look whether a pending interrupt is still masked; doubled each time.
_FIRST_MASKED_SLICE_INSTRUCTIONS = 4


class Delivery:
    """Interrupts of one machine; `timer` is None in functional mode."""

    def __init__(self, uc: Uc, board: Board, peripherals: dict[str, RegisterFile], exceptions: ExceptionModel,
                 timer: BlockTimer | None) -> None:  # fmt: skip
        lines = {d.interrupt: peripherals[d.name] for d in board.devices if d.interrupt is not None}
        self._interrupts = Interrupts(uc, peripherals["SCB"], peripherals["NVIC"], lines)
        self._systick: SysTick = peripherals["SYSTICK"]
        self._exceptions = exceptions
        self._timer = timer
        self.reset()

    def reset(self) -> None:
        """Time starts again."""
        self._functional_time = 0
        self._masked_slice = _FIRST_MASKED_SLICE_INSTRUCTIONS

    @property
    def functional_time(self) -> int:
        """Instructions that count as time in functional mode."""
        return self._functional_time

    def stretch(self, instructions_left: int) -> int:
        """Prepares the next stretch of at most so many instructions; returns how many it may have."""
        next_tick = self._systick.next_expiry()
        if self._timer:
            self._timer.stop_at(0 if self._interrupts.pending() else next_tick, self._is_due)
            return instructions_left
        if self._interrupts.pending():
            self._masked_slice *= 2
            return min(instructions_left, self._masked_slice // 2)
        self._masked_slice = _FIRST_MASKED_SLICE_INSTRUCTIONS
        return int(min(instructions_left, max(next_tick - self._functional_time, 1)))

    def ran(self, instructions: int) -> None:
        """A stretch of `instructions` has ended."""
        self._functional_time += instructions
        self._systick.poll(self._now())

    def take(self, pc: int) -> tuple[int, int] | None:
        """Enters the handler of the interrupt that is due; (its address, cycles), or None if none is due."""
        self._systick.poll(self._now())
        number = self._interrupts.next(self._exceptions.active)
        if number is None:
            return None
        self._interrupts.taken(number)
        return self._exceptions.enter(number, pc), ENTRY_CYCLES

    def leave(self, exc_return: int) -> tuple[int, int]:
        """Leaves a handler, or goes on with the next one (tail-chaining); (address, cycles)."""
        self._systick.poll(self._now())
        number = self._interrupts.next(self._exceptions.active[:-1])
        if number is None:
            return self._exceptions.leave(exc_return), RETURN_CYCLES
        self._interrupts.taken(number)
        return self._exceptions.chain(number, exc_return), TAIL_CHAIN_CYCLES

    def _now(self) -> int:
        return self._timer.cycles if self._timer else self._functional_time

    def _is_due(self) -> tuple[bool, float]:
        """Asked by the timer between blocks: whether an interrupt must be taken, and the cycle to ask again at."""
        self._systick.poll(self._now())
        if self._interrupts.next(self._exceptions.active) is not None:
            return True, 0
        return False, 0 if self._interrupts.pending() else self._systick.next_expiry()
