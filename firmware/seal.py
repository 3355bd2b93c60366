"""Seals a linked image: writes its build identity and its CRC into the place that link.ld keeps at its end.

Inputs: the ELF of an image whose last flash section is .seal, of zeros. Outputs: the same ELF with struct image_seal
(firmware/image.h) in that section: SHA-256 of the flash image before it, CRC-32 of the image and that SHA-256. The identity thus
stands for every byte that runs: code, weights, tables, start values. Errors: UserError for an ELF without that place.
"""

import hashlib
import io
import zlib
from pathlib import Path

from absl import flags
from elftools.elf.elffile import ELFFile

from tools import errors

SECTION = ".seal"
BUILD_BYTES = 32
SEAL_BYTES = BUILD_BYTES + 4


def seal_of(image: bytes) -> bytes:
    """The seal of a flash image without its seal."""
    build = hashlib.sha256(image).digest()
    return build + zlib.crc32(image + build).to_bytes(4, "little")


def is_sealed(image: bytes) -> bool:
    """Whether the last bytes of a flash image are its seal."""
    return len(image) > SEAL_BYTES and resealed(image) == image


def resealed(image: bytes) -> bytes:
    """A flash image with the seal of what it holds now."""
    return image[:-SEAL_BYTES] + seal_of(image[:-SEAL_BYTES])


def sealed(elf: bytes) -> bytes:
    """The ELF with its seal; raises UserError."""
    file = ELFFile(io.BytesIO(elf))
    place = file.get_section_by_name(SECTION)
    parts = [(segment["p_paddr"], segment.data()) for segment in file.iter_segments("PT_LOAD") if segment["p_filesz"]]
    start, end = min(address for address, _ in parts), max(address + len(data) for address, data in parts)
    image = bytearray(end - start)
    for address, data in parts:
        image[address - start:address - start + len(data)] = data
    if place is None or place["sh_size"] != SEAL_BYTES or place["sh_addr"] + SEAL_BYTES != end or any(place.data()):
        found = "none" if place is None else f"{place['sh_size']} bytes at {place['sh_addr']:#x}"
        raise errors.UserError(f"seal: no place for it at the end of the image; got {found}, want {SEAL_BYTES} zeros up to {end:#x}."
                               f" Fix: end the linker script's flash sections with {SECTION}, as the boards' link.ld do")
    offset = place["sh_offset"]
    return elf[:offset] + seal_of(bytes(image[:-SEAL_BYTES])) + elf[offset + SEAL_BYTES:]


def _define_flags() -> None:
    flags.DEFINE_string("elf", None, "The linked ELF.", required=True)
    flags.DEFINE_string("output", None, "Where the sealed ELF goes.", required=True)


def main(argv: list[str]) -> None:
    del argv
    names = flags.FLAGS
    Path(names.output).write_bytes(sealed(Path(names.elf).read_bytes()))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
