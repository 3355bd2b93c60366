"""Which exception the core takes next: pending and active ones, priorities and masks.

Purpose: `Interrupts.next` chooses as the core does. Inputs: NVIC and SCB registers, the peripherals' interrupt lines, and the
masks PRIMASK, BASEPRI and FAULTMASK. Source: ARMv7-M ARM (DDI0403E), B1.5.4 (priorities), B3.4 (NVIC); 4 priority bits.
Non-goals: entering a handler (exceptions.py), when to look (delivery.py), late arrival.
"""

from collections.abc import Mapping, Sequence

from unicorn import Uc
from unicorn import arm_const as arm

from tools.sim.peripherals.nvic import Nvic
from tools.sim.peripherals.register_file import RegisterFile
from tools.sim.peripherals.scb import AIRCR, SHPR1, Scb

NMI, FIRST_EXTERNAL = 2, 16
_FIXED_PRIORITIES = {1: -3, NMI: -2, 3: -1}
_IMPLEMENTED_PRIORITY_BITS = 0xF0
_THREAD_PRIORITY = 256


class Interrupts:
    """The choice of the next exception. `lines` are the peripherals by the number of their interrupt line."""

    def __init__(self, uc: Uc, scb: Scb, nvic: Nvic, lines: Mapping[int, RegisterFile]) -> None:
        self._uc = uc
        self._scb = scb
        self._nvic = nvic
        self._lines = lines

    def pending(self) -> list[int]:
        """Numbers of the exceptions that are pending and enabled, masked or not; lines that are up become pending."""
        for line, peripheral in self._lines.items():
            if peripheral.interrupt_line():
                self._nvic.set_pending(line, True)
        return self._scb.pending() + [FIRST_EXTERNAL + line for line in self._nvic.pending_and_enabled()]

    def next(self, active: Sequence[int]) -> int | None:
        """The pending exception that preempts what runs while `active` are active; None if nothing does."""
        pending = self.pending()
        if not pending:
            return None
        first = min(pending, key=lambda number: (self._priority(number), number))
        return first if self._group(self._priority(first)) < self._execution_priority(active) else None

    def taken(self, number: int) -> None:
        """Exception `number` was entered: it is no longer pending."""
        if number >= FIRST_EXTERNAL:
            self._nvic.set_pending(number - FIRST_EXTERNAL, False)
        else:
            self._scb.set_pending(number, False)

    def _priority(self, number: int) -> int:
        if number in _FIXED_PRIORITIES:
            return _FIXED_PRIORITIES[number]
        if number >= FIRST_EXTERNAL:
            return self._nvic.priority(number - FIRST_EXTERNAL) & _IMPLEMENTED_PRIORITY_BITS
        word = self._scb.values[SHPR1 + (number - 4 & ~3)]
        return word >> (number & 3) * 8 & _IMPLEMENTED_PRIORITY_BITS

    def _group(self, priority: int) -> int:
        """The part of a priority that preempts: without the subpriority bits that AIRCR.PRIGROUP splits off."""
        if priority < 0:
            return priority
        subpriority_bits = (self._scb.values[AIRCR] >> 8 & 7) + 1
        return priority >> subpriority_bits << subpriority_bits

    def _execution_priority(self, active: Sequence[int]) -> int:
        read = self._uc.reg_read
        current = min((self._group(self._priority(number)) for number in active), default=_THREAD_PRIORITY)
        if read(arm.UC_ARM_REG_BASEPRI):
            current = min(current, self._group(read(arm.UC_ARM_REG_BASEPRI)))
        if read(arm.UC_ARM_REG_PRIMASK) & 1:
            current = min(current, 0)
        return min(current, -1) if read(arm.UC_ARM_REG_FAULTMASK) & 1 else current
