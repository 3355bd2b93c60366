"""SysTick: the 24-bit down counter and its exception. Source: ARMv7-M ARM, B3.3.

Its clock is the machine's time: model cycles when timed; in functional mode one per instruction (tools/sim/delivery.py).
"""

import math

from tools.sim.peripherals.register_file import RegisterFile

CTRL, LOAD, VAL, CALIB = 0x0, 0x4, 0x8, 0xC
ENABLE, TICKINT, CLKSOURCE = 1 << 0, 1 << 1, 1 << 2
_COUNTFLAG = 1 << 16
SYS_TICK = 15


class SysTick(RegisterFile):
    """Reading VAL gives the cycles left; COUNTFLAG tells whether it passed 0 since CTRL was last read.

    Attribute `system_control`: the SCB, where the exception becomes pending; set by the registry.
    """

    size_bytes = 0x10
    names = {CTRL: "CTRL", LOAD: "LOAD", VAL: "VAL", CALIB: "CALIB"}

    system_control: "RegisterFile"

    def reset(self) -> None:
        super().reset()
        self._start = 0
        self._wraps_seen = 0
        self._wraps_pended = 0

    def next_expiry(self) -> float:
        """Time at which the counter next reaches 0 and raises the exception; infinity if it does not."""
        if not self.values[CTRL] & ENABLE or not self.values[CTRL] & TICKINT or not self.values[LOAD]:
            return math.inf
        return self._start + (self._wraps_pended + 1) * self._period

    def poll(self, now: int) -> None:
        """Makes the exception pending if the counter has reached 0 between the last poll and time `now`."""
        if now >= self.next_expiry():
            self._wraps_pended = (now - self._start) // self._period
            self.system_control.set_pending(SYS_TICK, True)

    def read(self, offset: int) -> int:
        enabled = self.values[CTRL] & ENABLE
        elapsed = self.host.time_now() - self._start if enabled else 0
        if offset == VAL:
            return (self._period - elapsed % self._period) % self._period if enabled else self.values[VAL]
        if offset == CTRL:
            wrapped = elapsed // self._period > self._wraps_seen
            self._wraps_seen = elapsed // self._period
            return self.values[CTRL] | (_COUNTFLAG if wrapped else 0)
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        was_enabled = self.values[CTRL] & ENABLE
        stored = {CTRL: value & 0b111, LOAD: value & 0xFFFFFF, VAL: 0}
        super().write(offset, stored.get(offset, value))
        if offset == VAL or (offset == CTRL and value & ENABLE and not was_enabled):
            self._start = self.host.time_now()
            self._wraps_seen = self._wraps_pended = 0
        if self.next_expiry() < math.inf:
            self.host.interrupts_changed()

    @property
    def _period(self) -> int:
        return self.values[LOAD] + 1
