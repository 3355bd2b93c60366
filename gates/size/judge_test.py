"""The size judge: 16,384 bytes of flash hold, one more doesn't."""

from gates.check import failures
from gates.size.judge import checks
from gates.testing import fixtures


def _complaints(**changes):
    return failures(checks(fixtures.size() | changes, fixtures.spec()))


def test_full_memories_hold():
    assert _complaints() == []


def test_one_byte_of_flash_too_many_fails():
    (complaint,) = _complaints(flash_bytes=16385)
    assert complaint == ("size: flash 16,385 B exceeds 16,384 B by 1 B; largest: conv1_weights 11,204 B, run 1,200 B. "
                         "Fix: shrink the network or the firmware, or raise gates.size.flash_bytes_max in the spec")


def test_one_byte_of_sram_too_many_fails():
    (complaint,) = _complaints(sram_bytes=4097)
    assert complaint.startswith("size: SRAM 4,097 B exceeds 4,096 B by 1 B; largest: memory 3,400 B. Fix: ")
