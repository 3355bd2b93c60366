"""RCC: reset and clock control. Ready flags follow their enable bits, SWS follows SW.

Source: RM0351 section 6.4. Non-goals: real start-up times, clock security, frequencies.
"""

from tools.sim.peripherals.register_file import RegisterFile

CR, CFGR, PLLCFGR, BDCR, CSR = 0x00, 0x08, 0x0C, 0x90, 0x94

_READY = {
    # flag: (register, enable bit, ready bit)
    "MSIRDY": (CR, 0, 1),
    "HSIRDY": (CR, 8, 10),
    "HSERDY": (CR, 16, 17),
    "PLLRDY": (CR, 24, 25),
    "PLLSAI1RDY": (CR, 26, 27),
    "PLLSAI2RDY": (CR, 28, 29),
    "LSERDY": (BDCR, 0, 1),
    "LSIRDY": (CSR, 0, 1),
}


class Rcc(RegisterFile):
    """Clock control. `never_ready` names flags ("PLLRDY", "SWS") that stay away, to test bounded waits."""

    names = {
        0x00: "CR", 0x04: "ICSCR", 0x08: "CFGR", 0x0C: "PLLCFGR", 0x10: "PLLSAI1CFGR", 0x14: "PLLSAI2CFGR",
        0x18: "CIER", 0x1C: "CIFR", 0x20: "CICR", 0x28: "AHB1RSTR", 0x2C: "AHB2RSTR", 0x30: "AHB3RSTR",
        0x38: "APB1RSTR1", 0x3C: "APB1RSTR2", 0x40: "APB2RSTR", 0x48: "AHB1ENR", 0x4C: "AHB2ENR", 0x50: "AHB3ENR",
        0x58: "APB1ENR1", 0x5C: "APB1ENR2", 0x60: "APB2ENR", 0x88: "CCIPR", 0x90: "BDCR", 0x94: "CSR",
    }  # fmt: skip
    reset_values = {0x00: 0x00000063, 0x04: 0x40000000, 0x0C: 0x00001000, 0x48: 0x00000100, 0x94: 0x0C000600}

    def __init__(self, *args) -> None:
        self.never_ready: set[str] = set()
        super().__init__(*args)

    def write(self, offset: int, value: int) -> None:
        super().write(offset, value)
        for flag, (register, enable, ready) in _READY.items():
            if register == offset:
                on = value >> enable & 1 and flag not in self.never_ready
                self.values[offset] = self.values[offset] & ~(1 << ready) | bool(on) << ready
        if offset == CFGR and "SWS" not in self.never_ready:
            self.values[CFGR] = value & ~0b1100 | (value & 0b11) << 2
