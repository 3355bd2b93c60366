"""The flash accelerator (ART): which flash reads wait.

Model (RM0351 section 3.3.4): flash is read 8 (or 16) bytes at a time; what was read is kept by line in an instruction cache
and a data cache, each least recently used. An instruction read that misses waits for the flash, a sequential one
only for what is left of the prefetch that ran while the 8 bytes before executed; a data read waits in full.
Assumptions, not validated on hardware: a line is filled one read at a time; data reads don't disturb the prefetch.
The state of the caches, which every block changes, is ../native/art.c's.
"""

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass

from tools.sim.timing import structures
from tools.sim.timing.profiles import Art, Profile


@dataclass(frozen=True, slots=True)
class CodeLine:
    """The part of a block's code in one cache line: `parts` is a bit per read; `reads` are (bit, hidden cycles) in order:
    the cycles that the code before it hides of its read when prefetched, None for the first read after a branch."""

    line: int
    parts: int
    reads: tuple[tuple[int, int | None], ...]


class FlashAccelerator:
    """Both caches, empty at first; costs are in cycles to add to those of zero-wait memory. `state` is the library's."""

    def __init__(self, profile: Profile) -> None:
        art = profile.art
        self._prefetch = art.prefetch
        self.state = structures.Art(
            wait_states=profile.wait_states,
            line_shift=art.line_bytes.bit_length() - 1,
            read_shift=art.read_bytes.bit_length() - 1,
            part_mask=art.line_bytes // art.read_bytes - 1,
        )
        self.state.instructions.capacity, self.state.data.capacity = art.instruction_lines, art.data_lines

    def reset(self) -> None:
        """Empties both caches."""
        self.state.instructions.count = self.state.data.count = 0

    def lay_out(self, lines: tuple[CodeLine, ...]) -> ctypes.Array[structures.CodeLine]:
        """`lines` for the library, with what each read waits if it is not there."""
        laid_out = (structures.CodeLine * len(lines))()
        for target, line in zip(laid_out, lines, strict=True):
            target.line, target.parts, target.read_count = line.line, line.parts, len(line.reads)
            for read, (bit, hidden) in zip(target.reads, line.reads, strict=False):
                read.bit, read.wait_cycles = bit, self._wait(hidden)
        return laid_out

    def code_cycles(self, lines: tuple[CodeLine, ...]) -> int:
        """Waiting for the code of one block."""
        return structures.library().art_code_cycles(self.state, self.lay_out(lines), len(lines))

    def data_cycles(self, addresses: Iterable[int]) -> int:
        """Waiting for data reads at these flash addresses, in order."""
        return sum(structures.library().art_data_cycles(self.state, address) for address in addresses)

    def _wait(self, hidden: int | None) -> int:
        return max(self.state.wait_states - (hidden if hidden is not None and self._prefetch else 0), 0)


def code_lines(reads: Iterable[tuple[int, int | None]], art: Art) -> tuple[CodeLine, ...]:
    """Groups a block's code reads, (address, hidden cycles) in order, by cache line."""
    grouped: dict[int, list[tuple[int, int | None]]] = {}
    for address, hidden in reads:
        bit = 1 << (address % art.line_bytes // art.read_bytes)
        grouped.setdefault(address // art.line_bytes, []).append((bit, hidden))
    return tuple(CodeLine(line, sum(bit for bit, _ in bits), tuple(bits)) for line, bits in grouped.items())
