"""FLASH interface: wait states and the ART accelerator's switches. Source: RM0351 section 3.7.

Non-goals: programming. Flash is read only here; a store to it is a bus fault.
"""

from tools.sim.peripherals.register_file import RegisterFile

ACR = 0x00


class FlashInterface(RegisterFile):
    """Access control. `latency` is the number of wait states that the firmware has set."""

    names = {0x00: "ACR", 0x04: "PDKEYR", 0x08: "KEYR", 0x0C: "OPTKEYR", 0x10: "SR", 0x14: "CR", 0x18: "ECCR", 0x20: "OPTR"}
    reset_values = {0x00: 0x00000600, 0x14: 0xC0000000}

    @property
    def latency(self) -> int:
        """Wait states, ACR.LATENCY."""
        return self.values[ACR] & 0b111
