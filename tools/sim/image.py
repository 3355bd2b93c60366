"""Reads a firmware image: a plain .bin as it is flashed, or an ELF file.

Purpose: bytes by address plus symbols. Errors: UserError for an image that is not for this core or does not fit.
Source of the ELF facts: ELF for the Arm Architecture (IHI0044), e_machine EM_ARM = 40; build attributes: Addenda to the ABI
(IHI0045), Tag_CPU_arch (v7E-M is 13, v8-M and later are above) and Tag_CPU_arch_profile ("M" for microcontrollers).
"""

import io
from dataclasses import dataclass

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tools.errors import UserError
from tools.sim.boards import Board
from tools.sim.symbols import SymbolTable, read_symbols

_ARCHITECTURE_V7E_M = 13


@dataclass(frozen=True)
class Segment:
    """Bytes and the address that they are loaded at."""

    address: int
    data: bytes


@dataclass(frozen=True)
class Image:
    """What is written to the chip before reset, and the names of its addresses."""

    segments: tuple[Segment, ...]
    symbols: SymbolTable


def load_image(data: bytes, board: Board, elf: bytes | None = None) -> Image:
    """The image in `data`, an ELF or a .bin for the start of flash; `elf` is what a .bin was made from: it gives the symbols.

    Raises:
        UserError: the ELF is broken or for another core, or the image does not fit.
    """
    is_elf = data[:4] == b"\x7fELF"
    described = data if is_elf else elf
    parts = _elf_segments(described) if described else ()
    segments = parts if is_elf else (Segment(board.flash.base, data),)
    symbols = read_symbols(described) if described else SymbolTable()
    for segment in segments:
        _check_fits(segment, board)
    return Image(segments, symbols)


def _elf_segments(data: bytes) -> tuple[Segment, ...]:
    try:
        elf = ELFFile(io.BytesIO(data))
        machine = elf["e_machine"]
        if machine != "EM_ARM":
            raise UserError(
                f"image: ELF is for another core; got {machine}, want EM_ARM. Fix: build it for //tools/platforms:cortex_m4"
            )
        _check_attributes(elf)
        loads = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
        return tuple(Segment(s["p_paddr"], s.data()) for s in loads)
    except ELFError as error:
        raise UserError(f"image: ELF is broken; got {error}, want a complete file. Fix: build it again") from error


def _check_attributes(elf: ELFFile) -> None:
    """UserError if the ELF's build attributes say that the code needs another core than a Cortex-M4."""
    section = elf.get_section_by_name(".ARM.attributes")
    attributes = {a.tag: a.value for part in section.iter_subsections() for whole in part.iter_subsubsections()
                  for a in whole.iter_attributes()} if section else {}  # fmt: skip
    profile, architecture = attributes.get("TAG_CPU_ARCH_PROFILE"), attributes.get("TAG_CPU_ARCH", 0)
    if profile not in (None, 0, ord("M")) or architecture > _ARCHITECTURE_V7E_M:
        name = attributes.get("TAG_CPU_NAME", f"architecture {architecture}, profile {chr(profile or 0x2D)}")
        raise UserError(
            f"image: ELF is for another core; got {name}, want Cortex-M4 (v7E-M) or older. "
            "Fix: build it for //tools/platforms:cortex_m4"
        )


def _check_fits(segment: Segment, board: Board) -> None:
    memory = board.memory_at(segment.address)
    if memory is None or board.memory_at(segment.address + max(len(segment.data), 1) - 1) is not memory:
        raise UserError(
            f"image: {len(segment.data)} bytes at {segment.address:#010x} are outside the memories of {board.name}; "
            f"got {len(segment.data)} bytes, want at most {board.flash.size_bytes} from {board.flash.base:#010x}. "
            "Fix: link it with the board's linker script"
        )
