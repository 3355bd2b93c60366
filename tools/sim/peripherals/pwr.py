"""PWR: power control. The voltage scaling flag VOSF is always settled (0). Source: RM0351 section 5.4."""

from tools.sim.peripherals.register_file import RegisterFile


class Pwr(RegisterFile):
    """Stores what is written; CR1 starts in voltage range 1."""

    names = {0x00: "CR1", 0x04: "CR2", 0x08: "CR3", 0x0C: "CR4", 0x10: "SR1", 0x14: "SR2", 0x18: "SCR"}
    reset_values = {0x00: 0x00000200, 0x08: 0x00008000}
