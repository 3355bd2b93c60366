"""An image's seal: its place, what it covers, and what is refused."""

from pathlib import Path

import pytest

from firmware.seal import SEAL_BYTES, is_sealed, seal_of, sealed
from tools.errors import UserError

ECHO = Path("firmware/testing")


def test_elf_and_image_have_the_same_seal() -> None:
    image = (ECHO / "echo.bin").read_bytes()
    assert is_sealed(image)
    assert image[-SEAL_BYTES:] in (ECHO / "echo.elf").read_bytes()


def test_every_changed_byte_breaks_it() -> None:
    image = (ECHO / "echo.bin").read_bytes()
    for index in (0, len(image) // 2, len(image) - SEAL_BYTES, len(image) - 1):
        assert not is_sealed(image[:index] + bytes([image[index] ^ 0x80]) + image[index + 1:])
    assert not is_sealed(image[:-1]) and not is_sealed(b"") and not is_sealed(bytes(SEAL_BYTES))


def test_crc_is_that_of_the_published_check_value() -> None:
    build = bytes.fromhex("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")  # SHA-256 of "123456789"
    assert seal_of(b"123456789")[:32] == build


@pytest.mark.parametrize(("elf", "found"), [
    (ECHO / "echo.elf", "36 bytes at 0x8"),  # sealed already
    (Path("tools/sim/testdata/loops.elf"), "none"),
])
def test_an_elf_without_an_empty_place_is_refused(elf: Path, found: str) -> None:
    with pytest.raises(UserError, match=f"seal: no place for it at the end of the image; got {found}.*Fix: end the linker script's"):
        sealed(elf.read_bytes())
