"""USART: the serial port as bytes in and bytes out.

Source: RM0351 section 40.8. The transmitter is always ready and a received byte is there as soon as the firmware looks:
serial timing is no part of the model, so a byte is never lost and ORE is only set by `overrun()`.
The firmware waits for input when it has read ISR `IDLE_POLLS` times in a row with nothing received and nothing sent.
"""

from collections import deque

from tools.sim.peripherals.register_file import RegisterFile
from tools.sim.stop import StopReason

CR1, CR2, CR3, BRR, RQR, ISR, ICR, RDR, TDR = 0x00, 0x04, 0x08, 0x0C, 0x18, 0x1C, 0x20, 0x24, 0x28
_UE, _RE, _TE = 1 << 0, 1 << 2, 1 << 3
_RXNEIE, _TXEIE = 1 << 5, 1 << 7
_ORE, _RXNE, _TC, _TXE, _TEACK, _REACK = 1 << 3, 1 << 5, 1 << 6, 1 << 7, 1 << 21, 1 << 22
IDLE_POLLS = 16


class Usart(RegisterFile):
    """A serial port. `send` queues bytes for the firmware, `receive` takes what the firmware has sent."""

    names = {0x00: "CR1", 0x04: "CR2", 0x08: "CR3", 0x0C: "BRR", 0x10: "GTPR", 0x14: "RTOR", 0x18: "RQR", 0x1C: "ISR",
             0x20: "ICR", 0x24: "RDR", 0x28: "TDR"}  # fmt: skip
    reset_values = {ISR: _TXE | _TC}
    unlogged = frozenset({TDR})

    def reset(self) -> None:
        super().reset()
        self._input: deque[int] = deque()
        self._output = bytearray()
        self._flags = _TXE | _TC
        self._empty_polls = 0

    def send(self, data: bytes) -> None:
        """Queues `data`; the firmware receives it byte by byte."""
        self._input.extend(data)

    def receive(self, count: int | None = None) -> bytes:
        """Takes the first `count` bytes that the firmware has sent (all of them by default; fewer if there are fewer)."""
        taken = bytes(self._output[:count])
        del self._output[: len(taken)]
        return taken

    @property
    def pending_input_bytes(self) -> int:
        """Bytes queued for the firmware that it has not read."""
        return len(self._input)

    @property
    def sent_bytes(self) -> int:
        """Bytes sent by the firmware that `receive` has not taken."""
        return len(self._output)

    def overrun(self) -> None:
        """Sets the overrun flag, as when a byte arrived while RDR was full."""
        self._flags |= _ORE

    def interrupt_line(self) -> bool:
        """Up while there is input and RXNEIE is set, and while TXEIE is (the transmitter is always ready)."""
        control = self.values[CR1]
        return bool(control & _UE and (control & _TXEIE or (control & _RXNEIE and control & _RE and self._input)))

    def read(self, offset: int) -> int:
        if offset == ISR:
            if self._input and self.values[CR1] & _RE:
                return self._flags | _RXNE
            self._empty_polls += 1
            if self._empty_polls >= IDLE_POLLS:
                self._empty_polls = 0
                self.host.request_stop(StopReason.IDLE)
            return self._flags
        if offset == RDR:
            self._empty_polls = 0
            return self._input.popleft() if self._input else 0
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == TDR:
            self._empty_polls = 0
            if self.values[CR1] & (_UE | _TE) == _UE | _TE:
                self._output.append(value & 0xFF)
            return
        super().write(offset, value)
        if offset == ICR:
            self._flags &= ~(value & _ORE)
        elif offset == CR1:
            if self.interrupt_line():
                self.host.interrupts_changed()
            on = value & _UE
            self._flags = self._flags & ~(_TEACK | _REACK)
            self._flags |= (_TEACK if on and value & _TE else 0) | (_REACK if on and value & _RE else 0)
