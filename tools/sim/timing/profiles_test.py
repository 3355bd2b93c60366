"""Profiles hold together, and wait states show in the order that the chips have them."""

import pytest

from tools.sim.timing.art import FlashAccelerator
from tools.sim.timing.profiles import PROFILES


@pytest.mark.parametrize("profile", [p for p in PROFILES.values() if p.art], ids=lambda profile: profile.name)
def test_caches_hold_what_the_manuals_say(profile):
    art = profile.art
    assert art.instruction_lines * art.line_bytes == 1024
    assert art.data_lines * art.line_bytes == (128 if profile.name == "stm32f407_168mhz" else 256)
    assert art.line_bytes % art.read_bytes == 0


@pytest.mark.parametrize(
    ("name", "cycles"),
    [("stm32l476_80mhz", 4 * 32), ("stm32l4r5_120mhz", 5 * 32), ("stm32l4r5_120mhz_one_bank", 5 * 16), ("stm32f407_168mhz", 5 * 16)],
)  # fmt: skip
def test_256_bytes_of_weights_wait_once_per_read(name, cycles):
    flash = FlashAccelerator(PROFILES[name])
    assert flash.data_cycles(range(0x08001000, 0x08001100, 4)) == cycles
