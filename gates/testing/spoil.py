"""Makes a bad image out of a good one, to show that gates reject real images.

Inputs: --image (.bin), --elf (its symbols), and what to spoil: --flip_symbol=NAME inverts the second-highest bit of the
middle byte of that object (a weight, say); --pad_to_bytes=N appends zeros. Output: --output, a .bin.
Non-goals: images that don't boot; the firmware's own tests have those.
"""

from absl import flags

from gates import image as gated, measurement
from tools import errors
from tools.sim.boards import board_named
from tools.sim.symbols import read_symbols

_BIT = 0x40


def flip(image: bytes, elf: bytes, symbol: str, board: str = "stm32l476") -> bytes:
    """`image` with one bit inverted in the middle of `symbol`.

    Raises:
        errors.UserError: no such symbol in the image's flash.
    """
    sizes = {entry.name: (entry.address - board_named(board).flash.base, entry.size_bytes) for entry in read_symbols(elf)}
    offset, size = sizes.get(symbol, (-1, 0))
    if not 0 <= offset < offset + size <= len(image):
        raise errors.UserError(f"spoil: the image has no object {symbol}; got {len(sizes)} other symbols, want it in flash. "
                               "Fix: correct --flip_symbol (arm-none-eabi-nm lists them)")
    spoiled = bytearray(image)
    spoiled[offset + size // 2] ^= _BIT
    return bytes(spoiled)


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
