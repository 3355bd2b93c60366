"""NVIC: enable, pending and priority registers of 82 interrupts. Source: ARMv7-M ARM, B3.4.

Non-goals: which one is taken (tools/sim/interrupts.py); IABR reads 0.
"""

from tools.sim.peripherals.register_file import RegisterFile

_BITMAPS = {"ISER": 0x000, "ICER": 0x080, "ISPR": 0x100, "ICPR": 0x180, "IABR": 0x200}
_ISER, _ISPR, _ICPR, _IPR = 0x000, 0x100, 0x180, 0x300
_SET_TO_CLEAR = {_ISER: 0x080, _ISPR: _ICPR}
_WORDS = 3


class Nvic(RegisterFile):
    """ISER/ICER and ISPR/ICPR are two views of one word each."""

    size_bytes = 0x400
    names = {base + 4 * i: f"{name}{i}" for name, base in _BITMAPS.items() for i in range(_WORDS)} | {
        _IPR + 4 * i: f"IPR{i}" for i in range(21)
    }

    def write(self, offset: int, value: int) -> None:
        block, word = offset & ~0x7F, offset & 0x7F
        for set_block, clear_block in _SET_TO_CLEAR.items():
            if block in (set_block, clear_block):
                old = self.values[set_block + word]
                new = old | value if block == set_block else old & ~value
                self.values[set_block + word] = self.values[clear_block + word] = new
                if self.pending_and_enabled():
                    self.host.interrupts_changed()
                return
        super().write(offset, value)

    def set_pending(self, line: int, pending: bool) -> None:
        """Sets or clears the pending bit of interrupt `line`."""
        word, bit = 4 * (line // 32), 1 << line % 32
        old = self.values[_ISPR + word]
        self.values[_ISPR + word] = self.values[_ICPR + word] = old | bit if pending else old & ~bit

    def pending_and_enabled(self) -> list[int]:
        """Interrupt lines that are pending and enabled."""
        lines = []
        for index in range(_WORDS):
            both = self.values[_ISPR + 4 * index] & self.values[_ISER + 4 * index]
            lines += [32 * index + bit for bit in range(32) if both >> bit & 1]
        return lines

    def priority(self, line: int) -> int:
        """The priority byte of interrupt `line`."""
        return self.values[_IPR + (line & ~3)] >> (line & 3) * 8 & 0xFF
