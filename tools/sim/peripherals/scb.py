"""SCB: vector table, fault status, reset request; and the FPU's context registers. Source: ARMv7-M ARM, B3.2.

Non-goals: the MPU (an access to its registers is a fault); what is taken when (tools/sim/interrupts.py); of ICSR, only the
pending bits of NMI, PendSV and SysTick.
"""

from tools.sim.peripherals.register_file import RegisterFile
from tools.sim.stop import StopReason

ICSR, VTOR, AIRCR, CCR, SHPR1, SHPR3, SHCSR, CFSR, HFSR, BFAR = 0x04, 0x08, 0x0C, 0x14, 0x18, 0x20, 0x24, 0x28, 0x2C, 0x38
_VECTKEY, _VECTKEYSTAT, _SYSRESETREQ, _PRIGROUP = 0x05FA, 0xFA05, 1 << 2, 0x700
# ICSR: exception number, bit that sets it pending (and reads so), bit that clears it.
_PENDING_BITS = ((2, 1 << 31, 0), (14, 1 << 28, 1 << 27), (15, 1 << 26, 1 << 25))


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
            elif value >> 16 == _VECTKEY:
                self.values[AIRCR] = _VECTKEYSTAT << 16 | value & _PRIGROUP
        elif offset == ICSR:
            for number, set_bit, clear_bit in _PENDING_BITS:
                if value & (set_bit | clear_bit):
                    self.set_pending(number, bool(value & set_bit))
            if self.pending():
                self.host.interrupts_changed()
        elif offset == VTOR:
            self.values[VTOR] = value & 0xFFFFFF80
        else:
            super().write(offset, value)

    def set_pending(self, number: int, pending: bool) -> None:
        """Sets or clears the pending bit of NMI, PendSV or SysTick."""
        bit = next(set_bit for known, set_bit, _ in _PENDING_BITS if known == number)
        self.values[ICSR] = self.values[ICSR] | bit if pending else self.values[ICSR] & ~bit

    def pending(self) -> list[int]:
        """Numbers of those that are pending."""
        return [number for number, set_bit, _ in _PENDING_BITS if self.values[ICSR] & set_bit]


class FpuContext(RegisterFile):
    """FPCCR, FPCAR, FPDSCR: stored only; floating-point state is always stacked at once, never lazily."""

    size_bytes = 0xC
    names = {0x0: "FPCCR", 0x4: "FPCAR", 0x8: "FPDSCR"}
    reset_values = {0x0: 0xC0000000}
