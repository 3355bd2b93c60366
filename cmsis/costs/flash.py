"""The flash that one layer takes: its own constants, and the functions that it calls.

Inputs: an ELF of tools/link with a network of one layer. Outputs: bytes, and the functions by name. What every network has (its
initialisation, the names of its classes; layers.py adds it) and the harness are left out.
"""

import io

from elftools.elf.elffile import ELFFile

from cmsis.compiler.lowering.costs import Function
from tools.link.flash_use import symbols_by_source
from tools.link.network_elf import NAME

_HARNESS = "harness.c"
_SHARED = ("prepare", "infer", f"{NAME}_init", f"{NAME}_class_names")
_RUN = f"{NAME}_run"
_COPIED = ".data"
_SECTIONS = (".text", ".rodata", _COPIED)
_KINDS = ("STT_FUNC", "STT_OBJECT")


def layer_flash(elf: bytes) -> tuple[int, int, tuple[Function, ...]]:
    """Returns the bytes of the layer's constants and call, those of them that are copied to SRAM, and the functions and tables of
    its kernels, by name.
    """
    file = ELFFile(io.BytesIO(elf))
    sections = {index: section.name for index, section in enumerate(file.iter_sections()) if section.name in _SECTIONS}
    data, in_sram, code = 0, 0, {}
    for source, symbol in symbols_by_source(file):
        if symbol["st_shndx"] not in sections or source == _HARNESS or symbol.name in _SHARED:
            continue
        if symbol["st_info"]["type"] not in _KINDS:
            continue
        if source == f"{NAME}.c" or symbol.name == _RUN:
            data += symbol["st_size"]
            in_sram += symbol["st_size"] if sections[symbol["st_shndx"]] == _COPIED else 0
        else:
            # Static functions of two kernels may share a name, but hardly an address.
            code[symbol["st_value"]] = Function(symbol.name, symbol["st_size"])
    return data, in_sram, tuple(sorted(code.values(), key=lambda function: (function.name, function.size_bytes)))
