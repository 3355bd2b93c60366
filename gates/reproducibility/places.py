"""Says where two artifacts that should be equal begin to differ, in the words of their format.

Inputs: the bytes of both files and their name. Outputs: a phrase such as "tensor 7 (dense/MatMul), element 3: -5 and -4", and for an
ELF a report by section. A file that is damaged, or of no known format, has a byte's offset and nothing else.
"""

import platform
import zipfile
from collections.abc import Callable
from pathlib import Path

from elftools.common.exceptions import ELFError

from gates.reproducibility.formats import archive, elf, text, tflite
from tools.errors import UserError

_FORMATS: dict[str, Callable[[bytes, bytes], str]] = {
    ".c": text.first_difference,
    ".elf": elf.first_difference,
    ".h": text.first_difference,
    ".json": text.first_json_difference,
    ".keras": archive.first_difference,
    ".npz": archive.first_difference,
    ".svg": text.first_difference,
    ".tflite": tflite.first_difference,
    ".yaml": text.first_difference,
}
_UNREADABLE = (UserError, ELFError, zipfile.BadZipFile, ValueError, KeyError, OSError, EOFError, RuntimeError)


def first_place(name: str, first: bytes, second: bytes) -> str:
    """Where the two begin to differ; "" where their format says nothing."""
    place = _FORMATS.get(Path(name).suffix)
    if place is None or first == second:
        return ""
    try:
        return place(first, second)
    except _UNREADABLE as error:
        return f"a place that can't be told, since one of them can't be read ({type(error).__name__})"


def report(name: str, first: bytes, second: bytes) -> list[str]:
    """All differences of two ELF files by section; no line for other formats."""
    if Path(name).suffix != ".elf" or first == second:
        return []
    try:
        return elf.report(first, second)
    except _UNREADABLE:
        return []


def environment() -> str:
    """The machine that this runs on: CPU, cores' features that numerical libraries look at, kernel, C library."""
    fields = {}
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    except OSError:
        pass
    features = [one for one in ("avx", "avx2", "fma", "avx512f", "amx_tile") if one in fields.get("flags", "").split()]
    return (f"{fields.get('model name', 'unknown CPU')} ({' '.join(features) or 'no AVX'}), {platform.system()} {platform.release()},"
            f" {' '.join(platform.libc_ver())}")
