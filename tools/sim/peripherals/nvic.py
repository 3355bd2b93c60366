"""NVIC: enable, pending and priority registers of 82 interrupts. Source: ARMv7-M ARM, B3.4.

Non-goals: delivery. Interrupts are recorded and not taken; the firmware of this project polls.
"""

from tools.sim.peripherals.register_file import RegisterFile

_BITMAPS = {"ISER": 0x000, "ICER": 0x080, "ISPR": 0x100, "ICPR": 0x180, "IABR": 0x200}
_SET_TO_CLEAR = {0x000: 0x080, 0x100: 0x180}


class Nvic(RegisterFile):
    """ISER/ICER and ISPR/ICPR are two views of one word each."""

    size_bytes = 0x400
    names = {base + 4 * i: f"{name}{i}" for name, base in _BITMAPS.items() for i in range(3)} | {
        0x300 + 4 * i: f"IPR{i}" for i in range(21)
    }

    def write(self, offset: int, value: int) -> None:
        block, word = offset & ~0x7F, offset & 0x7F
        for set_block, clear_block in _SET_TO_CLEAR.items():
            if block in (set_block, clear_block):
                old = self.values[set_block + word]
                new = old | value if block == set_block else old & ~value
                self.values[set_block + word] = self.values[clear_block + word] = new
                return
        super().write(offset, value)
