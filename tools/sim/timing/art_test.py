"""Flash reads wait when the caches miss, and only then."""

import dataclasses

from tools.sim.timing.art import FlashAccelerator, code_lines
from tools.sim.timing.profiles import STM32L476_80MHZ

ART = STM32L476_80MHZ.art


def _code(*reads: tuple[int, int | None]):
    return code_lines(reads, ART)


def test_code_waits_once_and_prefetch_hides_what_executes_meanwhile():
    flash = FlashAccelerator(STM32L476_80MHZ)
    block = _code((0x08000000, None), (0x08000008, 3), (0x08000010, 9))
    assert flash.code_cycles(block) == 4 + 1 + 0
    assert flash.code_cycles(block) == 0


def test_without_prefetch_nothing_is_hidden():
    profile = dataclasses.replace(STM32L476_80MHZ, art=dataclasses.replace(ART, prefetch=False))
    assert FlashAccelerator(profile).code_cycles(_code((0x08000000, None), (0x08000008, 3))) == 8


def test_code_cache_holds_1_kib_and_drops_the_least_recently_used():
    flash = FlashAccelerator(STM32L476_80MHZ)
    lines = [_code((0x08000000 + 32 * i, None)) for i in range(33)]
    assert sum(map(flash.code_cycles, lines[:32])) == 32 * 4
    assert flash.code_cycles(lines[0]) == 0
    assert flash.code_cycles(lines[32]) == 4
    assert flash.code_cycles(lines[0]) == 0
    assert flash.code_cycles(lines[1]) == 4


def test_data_is_read_8_bytes_at_a_time():
    flash = FlashAccelerator(STM32L476_80MHZ)
    assert flash.data_cycles(range(0x08001000, 0x08001040, 4)) == 8 * 4
    assert flash.data_cycles([0x08001004]) == 0
    assert flash.data_cycles(range(0x08002000, 0x08002100, 32)) == 8 * 4
    assert flash.data_cycles([0x08001004]) == 4
