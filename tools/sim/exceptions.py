"""Exception entry and return of the ARMv7-M core, and the fault status that goes with it.

Purpose: a fault of the firmware enters its handler as on the chip: frame pushed, LR = EXC_RETURN, CFSR, HFSR and BFAR set.
Source: ARMv7-M ARM (DDI0403E), B1.5.6 (entry), B1.5.8 (return), B3.2.15 (CFSR).
Simplifications: all bus faults are precise (the chip reports a buffered store late, without its address);
floating-point state is stacked at once, never lazily; the process stack is refused. Non-goals: priorities (interrupts.py).
"""

import struct
from dataclasses import dataclass

from unicorn import Uc, UcError
from unicorn import arm_const as arm

from tools.sim.peripherals.scb import BFAR, CFSR, HFSR, SHCSR, VTOR, Scb

# Model cycles: 12 to enter and 6 from handler to handler without wait states (Cortex-M4 TRM DDI0439, section 3.9.1), also with
# floating-point state, whose stacking the core puts off; 10 to return (an assumption). Reading the handler's code costs extra.
ENTRY_CYCLES, TAIL_CHAIN_CYCLES, RETURN_CYCLES = 12, 6, 10
HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT, SV_CALL = 3, 4, 5, 6, 11
_FRAME = (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3, arm.UC_ARM_REG_R12, arm.UC_ARM_REG_LR)
_S_REGISTERS = tuple(arm.UC_ARM_REG_S0 + i for i in range(16))
_FPCA, _SPSEL = 1 << 2, 1 << 1
_IT_BITS = 0x0600FC00
_HFSR_FORCED = 1 << 30


@dataclass(frozen=True)
class FaultKind:
    """A cause of a fault: its CFSR bits and the exception that takes it when enabled in SHCSR by `enable_bit`."""

    label: str
    cfsr: int
    exception: int
    enable_bit: int


DATA_BUS = FaultKind("bus fault", 1 << 9 | 1 << 15, BUS_FAULT, 17)
FETCH_BUS = FaultKind("instruction bus fault", 1 << 8, BUS_FAULT, 17)
FETCH_XN = FaultKind("fetch from memory that is not executable", 1 << 0, MEM_MANAGE, 16)
UNDEFINED = FaultKind("undefined instruction", 1 << 16, USAGE_FAULT, 18)
INVALID_STATE = FaultKind("branch to Arm state", 1 << 17, USAGE_FAULT, 18)
NO_COPROCESSOR = FaultKind("coprocessor is off", 1 << 19, USAGE_FAULT, 18)
UNALIGNED = FaultKind("unaligned access", 1 << 24, USAGE_FAULT, 18)
BREAKPOINT = FaultKind("breakpoint without a debugger", 0, HARD_FAULT, 31)


@dataclass(frozen=True)
class Fault:
    """A fault that the firmware caused: what, at which pc, on which address (None if it has none), in which place (core.py)."""

    kind: FaultKind
    pc: int
    address: int | None
    detail: str = ""
    place: str = ""


class Lockup(Exception):
    """No exception can be entered: a fault within the HardFault handler, no handler, or no room for the frame."""


class ExceptionModel:
    """Entry to and return from exceptions of `uc`; `scb` holds vectors and fault status.

    Attributes: `active`, the exceptions in progress, innermost last; `vectors`, handlers by exception number that replace
    those of the image's vector table.
    """

    def __init__(self, uc: Uc, scb: Scb) -> None:
        self._uc = uc
        self._scb = scb
        self.active: list[int] = []
        self.vectors: dict[int, int] = {}

    def reset(self) -> None:
        """No exception in progress, the image's own vectors."""
        self.active.clear()
        self.vectors.clear()

    def take_fault(self, fault: Fault) -> int:
        """Records `fault` in the status registers and enters its handler; returns the handler's address. Lockup if none."""
        values = self._scb.values
        active = self._uc.reg_read(arm.UC_ARM_REG_XPSR) & 0x1FF
        if active in (2, HARD_FAULT):
            raise Lockup("fault within the HardFault handler")
        values[CFSR] |= fault.kind.cfsr
        if fault.kind is DATA_BUS:
            values[BFAR] = fault.address or 0
        number = fault.kind.exception
        if not values[SHCSR] >> fault.kind.enable_bit & 1 or active == number:
            number = HARD_FAULT
            values[HFSR] |= _HFSR_FORCED if fault.kind is not BREAKPOINT else 1 << 31
        return self.enter(number, fault.pc)

    def enter(self, number: int, return_pc: int) -> int:
        """Pushes the frame and sets up the core for handler `number`; returns the handler's address."""
        uc = self._uc
        handler = self._vector(number)
        control = uc.reg_read(arm.UC_ARM_REG_CONTROL)
        if control & _SPSEL:
            raise Lockup("the process stack is not modelled")
        xpsr = uc.reg_read(arm.UC_ARM_REG_XPSR)
        old_sp = uc.reg_read(arm.UC_ARM_REG_SP)
        has_fp = bool(control & _FPCA)
        sp = (old_sp - (104 if has_fp else 32)) & ~7 & 0xFFFFFFFF
        frame = [*(uc.reg_read(r) for r in _FRAME), return_pc & ~1, xpsr & ~(1 << 9) | (old_sp & 4) << 7 | 1 << 24]
        if has_fp:
            frame += [*(uc.reg_read(r) for r in _S_REGISTERS), uc.reg_read(arm.UC_ARM_REG_FPSCR), 0]
        try:
            uc.mem_write(sp, struct.pack(f"<{len(frame)}I", *frame))
        except UcError as error:
            raise Lockup(f"no memory for the exception frame at {sp:#010x}: stack overflow") from error
        uc.reg_write(arm.UC_ARM_REG_SP, sp)
        uc.reg_write(arm.UC_ARM_REG_LR, (0xFFFFFFE1 if has_fp else 0xFFFFFFF1) | (0 if xpsr & 0x1FF else 8))
        uc.reg_write(arm.UC_ARM_REG_CONTROL, control & ~_FPCA)
        uc.reg_write(arm.UC_ARM_REG_XPSR, xpsr & ~(0x1FF | _IT_BITS) | 1 << 24 | number)
        self.active.append(number)
        return handler

    def chain(self, number: int, exc_return: int) -> int:
        """Goes from the handler that returned by `exc_return` to that of `number` with the same frame; returns its address."""
        handler = self._vector(number)
        xpsr = self._uc.reg_read(arm.UC_ARM_REG_XPSR)
        self._uc.reg_write(arm.UC_ARM_REG_LR, exc_return)
        self._uc.reg_write(arm.UC_ARM_REG_XPSR, xpsr & ~(0x1FF | _IT_BITS) | 1 << 24 | number)
        self.active[-1] = number
        return handler

    def leave(self, exc_return: int) -> int:
        """Pops the frame that `exc_return` names; returns the address that execution goes on at."""
        uc = self._uc
        if not self.active:
            raise Lockup(f"exception return {exc_return:#010x} outside of an exception")
        self.active.pop()
        uc.reg_write(arm.UC_ARM_REG_FAULTMASK, 0)
        has_fp = not exc_return & 0x10
        sp = uc.reg_read(arm.UC_ARM_REG_SP)
        words = 26 if has_fp else 8
        try:
            frame = struct.unpack(f"<{words}I", uc.mem_read(sp, 4 * words))
        except UcError as error:
            raise Lockup(f"no exception frame at {sp:#010x}") from error
        uc.reg_write(arm.UC_ARM_REG_XPSR, frame[7] & ~(1 << 9))
        uc.reg_write(arm.UC_ARM_REG_SP, (sp + 4 * words) | (frame[7] >> 9 & 1) << 2)
        for register, value in zip(_FRAME, frame):
            uc.reg_write(register, value)
        if has_fp:
            for register, value in zip(_S_REGISTERS, frame[8:24]):
                uc.reg_write(register, value)
            uc.reg_write(arm.UC_ARM_REG_FPSCR, frame[24])
        control = uc.reg_read(arm.UC_ARM_REG_CONTROL)
        uc.reg_write(arm.UC_ARM_REG_CONTROL, control & ~_FPCA | (_FPCA if has_fp else 0))
        return frame[6]

    def _vector(self, number: int) -> int:
        if number in self.vectors:
            return self.vectors[number] & ~1
        address = self._scb.values[VTOR] + 4 * number
        try:
            (vector,) = struct.unpack("<I", self._uc.mem_read(address, 4))
        except UcError as error:
            raise Lockup(f"no vector table at {address:#010x}") from error
        if not vector & 1 or vector == 0xFFFFFFFF:
            raise Lockup(f"no handler for exception {number}; got vector {vector:#010x}, want an odd address of code")
        return vector & ~1
