"""SCB: vector table, fault status, reset request; and the FPU's context registers. Source: ARMv7-M ARM, B3.2.

Non-goals: the MPU (an access to its registers is a fault), priorities.
"""

from tools.sim.peripherals.register_file import RegisterFile
from tools.sim.stop import StopReason

VTOR, AIRCR, CCR, SHCSR, CFSR, HFSR, BFAR = 0x08, 0x0C, 0x14, 0x24, 0x28, 0x2C, 0x38
_VECTKEY, _VECTKEYSTAT, _SYSRESETREQ = 0x05FA, 0xFA05, 1 << 2


class Scb(RegisterFile):
    """System control. CFSR and HFSR are cleared by writing ones."""

    size_bytes = 0x8C
    names = {0x00: "CPUID", 0x04: "ICSR", 0x08: "VTOR", 0x0C: "AIRCR", 0x10: "SCR", 0x14: "CCR", 0x18: "SHPR1", 0x1C: "SHPR2",
             0x20: "SHPR3", 0x24: "SHCSR", 0x28: "CFSR", 0x2C: "HFSR", 0x30: "DFSR", 0x34: "MMFAR", 0x38: "BFAR", 0x3C: "AFSR",
             0x88: "CPACR"}  # fmt: skip
    reset_values = {0x00: 0x410FC241, AIRCR: _VECTKEYSTAT << 16, CCR: 0x00000200}

    def write(self, offset: int, value: int) -> None:
        if offset in (CFSR, HFSR):
            self.values[offset] &= ~value
        elif offset == AIRCR:
            if value >> 16 == _VECTKEY and value & _SYSRESETREQ:
                self.host.request_stop(StopReason.RESET)
        elif offset == VTOR:
            self.values[VTOR] = value & 0xFFFFFF80
        else:
            super().write(offset, value)


class FpuContext(RegisterFile):
    """FPCCR, FPCAR, FPDSCR: stored only; floating-point state is always stacked at once, never lazily."""

    size_bytes = 0xC
    names = {0x0: "FPCCR", 0x4: "FPCAR", 0x8: "FPDSCR"}
    reset_values = {0x0: 0xC0000000}
