"""Where an image's bytes go: sections and symbols of its ELF.

Inputs: the bytes of an ELF and of the .bin made from it. Outputs: sizes by section and by symbol, in bytes.
Non-goals: the stack; it is measured while running.
"""

import io
from dataclasses import dataclass

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tools.errors import UserError


@dataclass(frozen=True)
class Entry:
    """A section or symbol and its size."""

    name: str
    bytes: int


@dataclass(frozen=True)
class Layout:
    """Sizes in bytes, each list from the largest on.

    Attributes:
        flash_sections, sram_sections: what occupies flash (code, constants, initial values) and SRAM (.data, .bss).
        flash_symbols, sram_symbols: the functions and objects in them.
        stack_bottom, stack_top: addresses between which the linker script puts the stack.
    """

    flash_sections: tuple[Entry, ...]
    sram_sections: tuple[Entry, ...]
    flash_symbols: tuple[Entry, ...]
    sram_symbols: tuple[Entry, ...]
    stack_bottom: int
    stack_top: int

    @property
    def static_bytes(self) -> int:
        """SRAM that is taken before the first function runs."""
        return sum(section.bytes for section in self.sram_sections)


def read_layout(data: bytes, image: bytes) -> Layout:
    """The layout of an ELF, which must be the one that `image` was made from.

    Raises:
        UserError: no ELF, not the image's, or without the symbols of the stack.
    """
    try:
        elf = ELFFile(io.BytesIO(data))
    except ELFError as error:
        raise UserError(f"size: the ELF is none; got {error}, want the ELF of the image. Fix: link it again") from error
    _require_same_program(elf, image)
    sections = {index: section for index, section in enumerate(elf.iter_sections())
                if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"]}
    symbols = [symbol for symbol in elf.get_section_by_name(".symtab").iter_symbols()]
    sized = [symbol for symbol in symbols if symbol["st_size"] and symbol["st_shndx"] in sections]
    bounds = {symbol.name: symbol["st_value"] for symbol in symbols if symbol.name in ("_stack_bottom", "_stack_top")}
    if len(bounds) != 2:
        raise UserError(f"size: the ELF doesn't say where the stack lies; got {sorted(bounds)}, want _stack_bottom and "
                        "_stack_top. Fix: define both in the linker script")
    return Layout(
        flash_sections=_largest((s.name, s["sh_size"]) for s in sections.values() if s["sh_type"] != "SHT_NOBITS"),
        sram_sections=_largest((s.name, s["sh_size"]) for s in sections.values() if _is_writable(s)),
        flash_symbols=_largest((s.name, s["st_size"]) for s in sized
                               if sections[s["st_shndx"]]["sh_type"] != "SHT_NOBITS"),
        sram_symbols=_largest((s.name, s["st_size"]) for s in sized if _is_writable(sections[s["st_shndx"]])),
        stack_bottom=bounds["_stack_bottom"],
        stack_top=bounds["_stack_top"],
    )


def _is_writable(section) -> bool:
    return bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE)


def _largest(sizes) -> tuple[Entry, ...]:
    return tuple(Entry(name, size) for name, size in sorted(sizes, key=lambda item: (-item[1], item[0])))


def _require_same_program(elf: ELFFile, image: bytes) -> None:
    """Every loaded byte of the ELF is in the image at its place; what follows is counted as flash all the same."""
    loads = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
    base = min((segment["p_paddr"] for segment in loads), default=0)
    for segment in loads:
        start = segment["p_paddr"] - base
        if image[start:start + segment["p_filesz"]] != segment.data():
            raise UserError(f"size: the image is not made from this ELF; got other bytes at offset {start:,}, want those "
                            "of its segment. Fix: pass the ELF that objcopy made the image from")
