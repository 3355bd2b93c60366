"""Where the flash of a linked network goes: its weights, and the code that runs it.

Inputs: an ELF of network_elf.py, and the source of its network. Outputs: bytes. Weights are the network's own constant arrays
(weights, biases, multipliers, tables); code is all the rest: kernels with their tables, the network's functions and parameter structs, what is added for
alignment. The harness and the vector table, which a network in a firmware does not have, are left out.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Symbol

from tools.link.network_elf import NAME

_ARRAY = re.compile(r"^static (?:const )?\w+ (\w+)\[", re.MULTILINE)


@dataclass(frozen=True)
class FlashUse:
    """Bytes of code and of weights in flash; `static_bytes` of SRAM are taken too, most often by copies of weights."""

    code_bytes: int
    weights_bytes: int
    static_bytes: int


def flash_use(elf: bytes, source: str) -> FlashUse:
    """What the network with the C `source` takes of the flash."""
    arrays = set(_ARRAY.findall(source))
    file = ELFFile(io.BytesIO(elf))
    sections = {index: section for index, section in enumerate(file.iter_sections())
                if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_type"] != "SHT_NOBITS"}
    writable = {index for index, section in enumerate(file.iter_sections()) if section.name in (".data", ".bss")}
    all_bytes = sum(section["sh_size"] for section in sections.values() if section.name != ".vectors")
    weights = harness = static = 0
    for unit, symbol in symbols_by_source(file):
        is_harness = unit == "harness.c" or symbol.name in ("prepare", "infer")
        static += symbol["st_size"] if symbol["st_shndx"] in writable and not is_harness else 0
        if symbol["st_shndx"] not in sections or sections[symbol["st_shndx"]].name == ".vectors":
            continue
        if is_harness:
            harness += symbol["st_size"]
        elif unit == f"{NAME}.c" and symbol.name in arrays:
            weights += symbol["st_size"]
    return FlashUse(all_bytes - weights - harness, weights, static)


def symbols_by_source(file: ELFFile) -> Iterator[tuple[str, Symbol]]:
    """Symbols with the source file that they are local to: a table lists a file's local ones behind the file's name."""
    unit = ""
    for symbol in file.get_section_by_name(".symtab").iter_symbols():
        if symbol["st_info"]["type"] == "STT_FILE":
            unit = symbol.name
        elif symbol["st_size"]:
            yield unit if symbol["st_info"]["bind"] == "STB_LOCAL" else "", symbol
