"""GPIO port: pin modes and levels as registers; BSRR and BRR act on ODR. Source: RM0351 section 8.5."""

from tools.sim.peripherals.register_file import RegisterFile

IDR, ODR, BSRR, BRR = 0x10, 0x14, 0x18, 0x28


class Gpio(RegisterFile):
    """A port. Input pins read 0. Reset values are those of port A, whose debug pins start as alternate functions."""

    names = {0x00: "MODER", 0x04: "OTYPER", 0x08: "OSPEEDR", 0x0C: "PUPDR", 0x10: "IDR", 0x14: "ODR", 0x18: "BSRR",
             0x1C: "LCKR", 0x20: "AFRL", 0x24: "AFRH", 0x28: "BRR", 0x2C: "ASCR"}  # fmt: skip
    reset_values = {0x00: 0xABFFFFFF, 0x08: 0x0C000000, 0x0C: 0x64000000}

    def write(self, offset: int, value: int) -> None:
        if offset == IDR:
            return
        if offset == BSRR:
            self.values[ODR] = self.values[ODR] & ~(value >> 16) | value & 0xFFFF
        elif offset == BRR:
            self.values[ODR] &= ~(value & 0xFFFF)
        else:
            super().write(offset, value)
