"""Where two ELF files differ: a summary of sections, the symbol, and the instructions around."""

import io
from collections.abc import Iterator

import capstone
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

_CONTEXT_BYTES = 16


def first_difference(first: bytes, second: bytes) -> str:
    """The first section whose content differs, with symbol and address, and how many others do."""
    sections = [_sections(data) for data in (first, second)]
    if list(sections[0]) != list(sections[1]):
        return f"sections {', '.join(sections[0])} and {', '.join(sections[1])}"
    different = [name for name, section in sections[0].items() if section.data() != sections[1][name].data()]
    if not different:
        return "headers, no section's content"
    left, right = (found[different[0]] for found in sections)
    offset = _offset(left.data(), right.data())
    return f"section {left.name}, address {left['sh_addr'] + offset:#010x}{_symbol(first, left['sh_addr'] + offset)}," \
           f" {len(different)} of {len(sections[0])} sections differ"


def report(first: bytes, second: bytes) -> list[str]:
    """Lines in the manner of diffoscope: each section's state; of those that differ bytes, of code instructions, of both files."""
    sections = [_sections(data) for data in (first, second)]
    lines = []
    for name in dict.fromkeys([*sections[0], *sections[1]]):
        pair = [found.get(name) for found in sections]
        if None in pair:
            lines.append(f"section {name}: in the {'second' if pair[0] is None else 'first'} file alone")
            continue
        contents = [section.data() for section in pair]
        if contents[0] == contents[1]:
            lines.append(f"section {name}: equal, {len(contents[0]):,} B")
            continue
        offset = _offset(*contents)
        lines.append(f"section {name}: differs from byte {offset:,} on, {len(contents[0]):,} and {len(contents[1]):,} B"
                     f"{_symbol(first, pair[0]['sh_addr'] + offset)}")
        start = max(0, offset - _CONTEXT_BYTES) & ~3
        for sign, section, content in zip("-+", pair, contents):
            lines += [f"{sign} {line}" for line in _shown(section, content[start:offset + _CONTEXT_BYTES], start)]
    return lines


def _sections(data: bytes) -> dict[str, Section]:
    return {section.name: section for section in ELFFile(io.BytesIO(data)).iter_sections() if section["sh_type"] != "SHT_NOBITS"}


def _offset(left: bytes, right: bytes) -> int:
    return next((index for index, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))


def _symbol(elf: bytes, address: int) -> str:
    for table in ELFFile(io.BytesIO(elf)).iter_sections():
        if isinstance(table, SymbolTableSection):
            for symbol in table.iter_symbols():
                start = symbol["st_value"] & ~1
                if start <= address < start + symbol["st_size"]:
                    return f" ({symbol.name}+{address - start:#x})"
    return ""


def _shown(section: Section, data: bytes, start: int) -> Iterator[str]:
    address = section["sh_addr"] + start
    yield f"{address:#010x}: {data.hex(' ', 4)}"
    if section["sh_flags"] & 4:  # SHF_EXECINSTR
        for line in capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS).disasm(data, address):
            yield f"{line.address:#010x}: {line.mnemonic} {line.op_str}"
