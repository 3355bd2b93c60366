"""SysTick: the 24-bit down counter. Source: ARMv7-M ARM, B3.3.

It counts model cycles, so it stands still in functional mode. Non-goals: its interrupt.
"""

from tools.sim.peripherals.register_file import RegisterFile

CTRL, LOAD, VAL, CALIB = 0x0, 0x4, 0x8, 0xC
_ENABLE, _COUNTFLAG = 1 << 0, 1 << 16


class SysTick(RegisterFile):
    """Reading VAL gives the cycles left; COUNTFLAG tells whether it passed 0 since CTRL was last read."""

    size_bytes = 0x10
    names = {CTRL: "CTRL", LOAD: "LOAD", VAL: "VAL", CALIB: "CALIB"}

    def reset(self) -> None:
        super().reset()
        self._start_cycles = 0
        self._wraps_seen = 0

    def read(self, offset: int) -> int:
        enabled = self.values[CTRL] & _ENABLE
        period = self.values[LOAD] + 1
        elapsed = self.host.cycles_now() - self._start_cycles if enabled else 0
        if offset == VAL:
            return (period - elapsed % period) % period if enabled else self.values[VAL]
        if offset == CTRL:
            wrapped = elapsed // period > self._wraps_seen
            self._wraps_seen = elapsed // period
            return self.values[CTRL] | (_COUNTFLAG if wrapped else 0)
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        stored = {CTRL: value & 0b111, LOAD: value & 0xFFFFFF, VAL: 0}
        super().write(offset, stored.get(offset, value))
        if offset == VAL or (offset == CTRL and value & _ENABLE):
            self._start_cycles = self.host.cycles_now()
            self._wraps_seen = 0
