"""Images of both forms load, and what cannot be loaded is named."""

import struct

import pytest

from tools.errors import UserError
from tools.sim.boards import STM32L476, board_named
from tools.sim.errors import SimError
from tools.sim.image import load_image
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes

PROBE = elf_bytes("probe")


def test_elf_gives_segments_and_symbols():
    image = load_image(PROBE, STM32L476)
    assert image.segments[0].address == 0x08000000
    start = image.symbols["echo"]
    assert image.symbols.describe(start + 2) == f"{start + 2:#010x} (echo+0x2)"
    assert image.symbols.describe(0x20000000) == "0x20000000"
    assert "echo" in image.symbols and "no_such" not in image.symbols


def test_bin_runs_like_its_elf_and_takes_its_symbols():
    flash = load_image(PROBE, STM32L476).segments[0].data
    machine = Machine(flash, elf=PROBE)
    machine.run(100_000)
    assert machine.exchange(b"eA", 1, 100_000) == b"A"
    with pytest.raises(SimError, match=r"read_unmapped\+"):
        machine.exchange(b"r", max_instructions=100_000)


def test_elf_for_another_core():
    other = bytearray(PROBE)
    other[18:20] = struct.pack("<H", 62)
    with pytest.raises(UserError, match="image: ELF is for another core; got EM_X86_64, want EM_ARM. Fix: build it"):
        load_image(bytes(other), STM32L476)


@pytest.mark.parametrize("attributes", [b"\x06\x11\x07\x4d", b"\x06\x0a\x07\x41"], ids=["v8-M", "v7-A"])
def test_elf_for_another_arm_core(attributes):
    """Tag_CPU_arch and Tag_CPU_arch_profile of the program say what it needs."""
    assert PROBE.count(b"\x06\x0d\x07\x4d") == 1
    with pytest.raises(UserError, match=r"image: ELF is for another core; got .*, want Cortex-M4 \(v7E-M\) or older. Fix: build"):
        load_image(PROBE.replace(b"\x06\x0d\x07\x4d", attributes), STM32L476)


def test_truncated_elf():
    with pytest.raises(UserError, match="image: ELF is broken; got .*, want a complete file"):
        load_image(PROBE[:40], STM32L476)


def test_image_larger_than_flash():
    with pytest.raises(UserError, match="outside the memories of stm32l476; got 1048577 bytes, want at most 1048576"):
        load_image(bytes(1024 * 1024 + 1), STM32L476)


def test_unknown_board():
    with pytest.raises(UserError, match=r"board: unknown name; got 'stm32', want one of \['stm32l476', 'stm32l4r5'\]"):
        board_named("stm32")


def test_access_outside_of_memory():
    with pytest.raises(SimError, match="read outside of memory; got 4 bytes at 0x30000000"):
        Machine(PROBE).read(0x30000000, 4)
