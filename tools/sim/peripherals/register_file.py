"""Registers of a peripheral: 32-bit words with names, reset values and, in subclasses, behaviour.

Purpose: the base of all peripherals. A plain `RegisterFile` stores what is written to it.
Non-goals: bus timing, clock gating (tools/sim/bus.py does the latter).
"""

from collections.abc import Mapping
from typing import Protocol


class Host(Protocol):
    """What a peripheral may ask of the machine that it is part of."""

    def request_stop(self, reason: "object") -> None:
        """Ends the current run after this access."""

    def cycles_now(self) -> int:
        """Model cycles since reset up to this access; 0 in functional mode."""

    def time_now(self) -> int:
        """What SysTick counts: model cycles; in functional mode instructions, known between stretches only."""

    def interrupts_changed(self) -> None:
        """A write has changed what is pending, enabled or due: look soon after this access."""


class RegisterFile:
    """A peripheral of `size_bytes`; an access to an offset without a register is a bus fault."""

    size_bytes = 0x400
    names: Mapping[int, str] = {}
    reset_values: Mapping[int, int] = {}
    unlogged: frozenset[int] = frozenset()

    def __init__(self, name: str, base: int, host: Host) -> None:
        self.name = name
        self.base = base
        self.host = host
        self.values: dict[int, int] = {}
        self.reset()

    def reset(self) -> None:
        """Sets every register to its reset value."""
        self.values = {offset: self.reset_values.get(offset, 0) for offset in self.names}

    def interrupt_line(self) -> bool:
        """Whether the peripheral asks for its interrupt now."""
        return False

    def read(self, offset: int) -> int:
        """The 32-bit word at `offset`, a multiple of 4; KeyError if there is no register."""
        return self.values[offset]

    def write(self, offset: int, value: int) -> None:
        """Stores the 32-bit word `value` at `offset`; KeyError if there is no register."""
        if offset not in self.values:
            raise KeyError(offset)
        self.values[offset] = value
