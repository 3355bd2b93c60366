"""Makes a bad image out of a good one, to show that gates reject real images.

Inputs: --image (.bin), --elf (its symbols), and what to spoil: --flip_symbol=NAME inverts the second-highest bit of the
middle byte of that object (a weight, say); --pad_to_bytes=N appends zeros. Output: --output, a .bin. For tests only:
`plant`, which gives a function code that fails. Spoiled images have a seal that fits them:
the firmware would not start otherwise. Non-goals: images that don't boot; the firmware's own tests have those.
"""

import enum

from absl import flags

from firmware.seal import resealed
from gates import image as gated, measurement
from tools import errors
from tools.sim.boards import board_named
from tools.sim.symbols import read_symbols

_BIT = 0x40


class Fault(enum.Enum):
    """Machine code of the Cortex-M4 that fails in one way."""

    ILLEGAL_INSTRUCTION = bytes.fromhex("00de")  # udf #0
    BUS_FAULT = bytes.fromhex("4ff04040 0068")  # mov.w r0, #0xc0000000; ldr r0, [r0]
    RUNAWAY_LOOP = bytes.fromhex("00bf fde7")  # nop; b to it
    HALT = bytes.fromhex("fee7")  # b to itself
    STACK_OVERFLOW = bytes.fromhex("ffb4 fde7")  # push {r0-r7}; b to it


def flip(image: bytes, elf: bytes, symbol: str, board: str = "stm32l476") -> bytes:
    """`image` with one bit inverted in the middle of `symbol`.

    Raises:
        errors.UserError: no such symbol in the image's flash.
    """
    offset, size = _extent(image, elf, symbol, board)
    spoiled = bytearray(image)
    spoiled[offset + size // 2] ^= _BIT
    return resealed(bytes(spoiled))


def plant(image: bytes, elf: bytes, symbol: str, fault: Fault, board: str = "stm32l476") -> bytes:
    """`image` whose function `symbol` begins with the code of `fault`.

    Raises:
        errors.UserError: no such symbol in the image's flash.
    """
    offset, _ = _extent(image, elf, symbol, board)
    return resealed(image[:offset] + fault.value + image[offset + len(fault.value) :])


def _extent(image: bytes, elf: bytes, symbol: str, board: str) -> tuple[int, int]:
    """Offset and size of `symbol` in `image`; UserError if it is not there."""
    sizes = {entry.name: (entry.address - board_named(board).flash.base, entry.size_bytes) for entry in read_symbols(elf)}
    offset, size = sizes.get(symbol, (-1, 0))
    if not 0 <= offset < offset + size <= len(image):
        raise errors.UserError(f"spoil: the image has no object {symbol}; got {len(sizes)} other symbols, want it in flash. "
                               "Fix: correct --flip_symbol (arm-none-eabi-nm lists them)")
    return offset, size


def pad(image: bytes, size_bytes: int) -> bytes:
    """`image` followed by zeros up to `size_bytes`; unchanged if it is as long already."""
    return image + bytes(max(size_bytes - len(image), 0))


def _define_flags() -> None:
    flags.DEFINE_string("image", None, ".bin to spoil", required=True)
    flags.DEFINE_string("elf", None, "the ELF that it was made from", required=True)
    flags.DEFINE_string("flip_symbol", None, "object of which one bit is inverted")
    flags.DEFINE_integer("pad_to_bytes", 0, "size to reach with zeros", lower_bound=0)
    flags.DEFINE_string("output", None, ".bin to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    image = gated.read_image(args.image)
    if args.flip_symbol:
        image = flip(image, gated.read_image(args.elf), args.flip_symbol)
    measurement.write_bytes(args.output, pad(image, args.pad_to_bytes))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
