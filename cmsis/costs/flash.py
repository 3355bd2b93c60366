"""The flash that one layer takes: its own constants, and the functions that it calls.

Inputs: an ELF of tools/link with a network of one layer. Outputs: bytes, and the functions by name. What every network has (its
initialisation, the names of its classes) and the harness are left out.
"""

import io

from elftools.elf.elffile import ELFFile

from cmsis.compiler.lowering.costs import Function
from tools.link.flash_use import symbols_by_source
from tools.link.network_elf import NAME

_HARNESS = "harness.c"
_SHARED = ("prepare", "infer", f"{NAME}_init", f"{NAME}_class_names")
_RUN = f"{NAME}_run"
_KINDS = ("STT_FUNC", "STT_OBJECT")


def layer_flash(elf: bytes) -> tuple[int, tuple[Function, ...]]:
    """Returns the bytes of the layer's constants and call, and the functions and tables of its kernels, by name."""
    file = ELFFile(io.BytesIO(elf))
    in_flash = {index for index, section in enumerate(file.iter_sections())
                if section.name in (".text", ".rodata") or section.name.startswith((".text.", ".rodata."))}
    data, code = 0, {}
    for source, symbol in symbols_by_source(file):
        if symbol["st_shndx"] not in in_flash or source == _HARNESS or symbol.name in _SHARED:
            continue
        if symbol["st_info"]["type"] not in _KINDS:
            continue
        if source == f"{NAME}.c" or symbol.name == _RUN:
            data += symbol["st_size"]
        else:
            # Static functions of two kernels may share a name, but hardly an address.
            code[symbol["st_value"]] = Function(symbol.name, symbol["st_size"])
    return data, tuple(sorted(code.values(), key=lambda function: (function.name, function.size_bytes)))
