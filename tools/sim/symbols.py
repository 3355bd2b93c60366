"""Names for addresses, from an ELF's symbol table.

Purpose: errors and profiles speak of `uart_send+0x12`, not of 0x0800041a.
Non-goals: source lines.
"""

import bisect
import io
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile

_UNKNOWN_SIZE_BYTES = 0x1000


@dataclass(frozen=True)
class Symbol:
    """A function or object: its address has the Thumb bit cleared; `kind` is `FUNC`, `OBJECT` or `NOTYPE`."""

    name: str
    address: int
    size_bytes: int
    kind: str


class SymbolTable:
    """Symbols by name and by address. Empty for a plain .bin."""

    def __init__(self, symbols: tuple[Symbol, ...] = ()) -> None:
        self._by_name = {symbol.name: symbol for symbol in symbols}
        self._functions = sorted((s for s in symbols if s.kind == "FUNC"), key=lambda s: (s.address, s.name))
        self._addresses = [symbol.address for symbol in self._functions]

    def __getitem__(self, name: str) -> int:
        """Address of `name`, Thumb bit cleared; KeyError if the image has no such symbol."""
        return self._by_name[name].address

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __iter__(self):
        return iter(self._by_name.values())

    def function_at(self, address: int) -> Symbol | None:
        """The function that holds `address`, or None. One without a size (assembly) reaches to the next, 4 KiB at most."""
        index = bisect.bisect_right(self._addresses, address) - 1
        if index < 0:
            return None
        function = self._functions[index]
        inside = address < function.address + (function.size_bytes or _UNKNOWN_SIZE_BYTES)
        return function if inside else None

    def describe(self, address: int) -> str:
        """`0x0800041a (uart_send+0x12)`, or the address alone where no symbol is known."""
        function = self.function_at(address & ~1)
        if function is None:
            return f"{address:#010x}"
        return f"{address:#010x} ({function.name}+{(address & ~1) - function.address:#x})"


def read_symbols(elf: bytes) -> SymbolTable:
    """Symbols of an ELF file's .symtab; mapping symbols ($t, $d) and section names are left out."""
    section = ELFFile(io.BytesIO(elf)).get_section_by_name(".symtab")
    if section is None:
        return SymbolTable()
    kinds = {"STT_FUNC": "FUNC", "STT_OBJECT": "OBJECT", "STT_NOTYPE": "NOTYPE"}
    symbols = []
    for entry in section.iter_symbols():
        kind = kinds.get(entry["st_info"]["type"])
        is_named = entry.name and not entry.name.startswith("$")
        if kind and is_named and entry["st_shndx"] != "SHN_UNDEF":
            address = entry["st_value"] & ~1 if kind == "FUNC" else entry["st_value"]
            symbols.append(Symbol(entry.name, address, entry["st_size"], kind))
    return SymbolTable(tuple(symbols))
