"""DWT cycle counter, and DEMCR in the debug control block that switches it on. Source: ARMv7-M ARM, C1.6 and C1.8."""

from tools.sim.peripherals.register_file import RegisterFile

CTRL, CYCCNT = 0x00, 0x04
DEMCR = 0x0C
_CYCCNTENA = 1 << 0
_TRCENA = 1 << 24


class DebugControl(RegisterFile):
    """DHCSR, DCRSR, DCRDR, DEMCR: stored only. No debugger is attached."""

    size_bytes = 0x10
    names = {0x00: "DHCSR", 0x04: "DCRSR", 0x08: "DCRDR", DEMCR: "DEMCR"}


class Dwt(RegisterFile):
    """CYCCNT counts model cycles while CTRL.CYCCNTENA and DEMCR.TRCENA are set; in functional mode it reads 0.

    Attribute `debug_control`: the block that holds TRCENA, set by the registry.
    """

    size_bytes = 0x1000
    names = {CTRL: "CTRL", CYCCNT: "CYCCNT", 0x08: "CPICNT", 0x0C: "EXCCNT", 0x10: "SLEEPCNT", 0x14: "LSUCNT",
             0x18: "FOLDCNT"}  # fmt: skip
    reset_values = {CTRL: 0x40000000}

    debug_control: DebugControl

    def reset(self) -> None:
        super().reset()
        self._started_at: int | None = None

    def _running(self) -> bool:
        return bool(self.values[CTRL] & _CYCCNTENA and self.debug_control.values[DEMCR] & _TRCENA)

    def read(self, offset: int) -> int:
        if offset == CYCCNT and self._running():
            return (self.values[CYCCNT] + self.host.cycles_now() - (self._started_at or 0)) & 0xFFFFFFFF
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == CTRL:
            self.values[CYCCNT] = self.read(CYCCNT)
        super().write(offset, value)
        if offset in (CTRL, CYCCNT):
            self._started_at = self.host.cycles_now()
