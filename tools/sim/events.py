"""What ended a stretch of Unicorn: an interrupt, an access that nothing answers, a stop that a peripheral asked for.

Purpose: records it from Unicorn's hooks and error codes, and says which fault of the core it is.
Non-goals: taking the fault (exceptions.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

from unicorn import (
    UC_HOOK_INTR,
    UC_HOOK_MEM_FETCH_PROT,
    UC_HOOK_MEM_FETCH_UNMAPPED,
    UC_HOOK_MEM_INVALID,
    UC_HOOK_MEM_READ_UNMAPPED,
    UC_HOOK_MEM_WRITE_UNMAPPED,
    Uc,
)
from unicorn import arm_const as arm
from unicorn import unicorn_const as uc_const

from tools.sim import exceptions
from tools.sim.exceptions import Fault
from tools.sim.stop import StopReason

SVC, EXCEPTION_EXIT = 2, 8
_INTERRUPT_FAULTS = {
    1: exceptions.UNDEFINED,
    7: exceptions.BREAKPOINT,
    17: exceptions.NO_COPROCESSOR,
    18: exceptions.INVALID_STATE,
    22: exceptions.UNALIGNED,
}
_UNMAPPED = UC_HOOK_MEM_READ_UNMAPPED | UC_HOOK_MEM_WRITE_UNMAPPED | UC_HOOK_MEM_FETCH_UNMAPPED | UC_HOOK_MEM_FETCH_PROT
_FETCH_ERRORS = {
    uc_const.UC_ERR_FETCH_UNMAPPED: exceptions.FETCH_BUS,
    uc_const.UC_ERR_FETCH_PROT: exceptions.FETCH_XN,
}
_DATA_ERRORS = {
    uc_const.UC_ERR_READ_UNMAPPED: "read",
    uc_const.UC_ERR_READ_PROT: "read",
    uc_const.UC_ERR_WRITE_UNMAPPED: "write",
    uc_const.UC_ERR_WRITE_PROT: "write",
}


_PERIPHERALS = 0x40000000  # ARMv7-M ARM, B3.1: from here on devices, whose pages the bus protects


@dataclass(frozen=True)
class BusError:
    """An access that no register answers, or to a peripheral whose clock is off."""

    address: int
    is_write: bool
    fact: str


class Events:
    """Since `clear()`: `stop` is why a stop was asked for, `interrupt` the number of Unicorn's interrupt; None if none.

    `looked` tells whether the stretch was ended to look at the interrupts; `access_completes`, set by the bus when an access begins,
    whether it goes on: it does not if it ends the stretch.
    """

    def __init__(self, uc: Uc, is_code: Callable[[int], bool]) -> None:
        """`is_code(address)` tells whether instructions may be fetched there."""
        self._uc = uc
        self._is_code = is_code
        uc.hook_add(UC_HOOK_INTR, self._on_interrupt)
        uc.hook_add(UC_HOOK_MEM_INVALID, self._on_invalid_memory, begin=0, end=_PERIPHERALS - 1)
        uc.hook_add(_UNMAPPED, self._on_invalid_memory, begin=_PERIPHERALS, end=0xFFFFFFFF)
        self.clear()

    def clear(self) -> None:
        """Forgets what was recorded."""
        self.stop: StopReason | None = None
        self.looked = False
        self.interrupt: int | None = None
        self.access_completes = True
        self._bus_error: BusError | None = None
        self._invalid_address: int | None = None

    def request_stop(self, reason: StopReason) -> None:
        """Ends the stretch at this access; it is made again when the run goes on."""
        self.stop = reason
        self.access_completes = False

    def request_look(self) -> None:
        """Ends the stretch at this access, which is made again; a second request until `clear()` does nothing."""
        if not self.looked:
            self.looked = True
            self.access_completes = False

    def on_bus_error(self, error: BusError) -> None:
        """Ends the stretch at an access that no register answers."""
        self._bus_error = error
        self.access_completes = False

    def fault(self, error: int | None, pc: int) -> Fault | None:
        """The core's fault, from Unicorn's error code and what was recorded; None if there is none."""
        if self._bus_error:
            access = "write" if self._bus_error.is_write else "read"
            return Fault(exceptions.DATA_BUS, pc, self._bus_error.address, f"{access}: {self._bus_error.fact}")
        if error in _FETCH_ERRORS:
            return Fault(_FETCH_ERRORS[error], pc, self._invalid_address)
        if error in _DATA_ERRORS:
            return Fault(exceptions.DATA_BUS, pc, self._invalid_address, _DATA_ERRORS[error])
        if error is not None:
            is_thumb = self._uc.reg_read(arm.UC_ARM_REG_XPSR) >> 24 & 1
            return Fault(exceptions.UNDEFINED if is_thumb else exceptions.INVALID_STATE, pc, None)
        if self.interrupt in _INTERRUPT_FAULTS:
            return Fault(_INTERRUPT_FAULTS[self.interrupt], pc, None)
        if self.interrupt != EXCEPTION_EXIT and not self._is_code(pc):
            return Fault(exceptions.FETCH_XN, pc, pc)
        return None

    def _on_interrupt(self, _uc: Uc, number: int, _data: object) -> None:
        self.interrupt = number
        self._uc.emu_stop()

    def _on_invalid_memory(self, _uc: Uc, _access: int, address: int, _size: int, _value: int, _data: object) -> bool:
        self._invalid_address = address
        return False
