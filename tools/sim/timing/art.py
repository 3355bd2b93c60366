"""The flash accelerator (ART): which flash reads wait.

Model (RM0351 section 3.3.4): flash is read 8 (or 16) bytes at a time; what was read is kept by line in an instruction cache
and a data cache, each least recently used. An instruction read that misses waits for the flash, a sequential one
only for what is left of the prefetch that ran while the 8 bytes before executed; a data read waits in full.
Assumptions, not validated on hardware: a line is filled one read at a time; data reads don't disturb the prefetch.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tools.sim.timing.profiles import Art, Profile


@dataclass(frozen=True, slots=True)
class CodeLine:
    """The part of a block's code in one cache line: `parts` is a bit per read; `reads` are (bit, hidden cycles) in order:
    the cycles that the code before it hides of its read when prefetched, None for the first read after a branch."""

    line: int
    parts: int
    reads: tuple[tuple[int, int | None], ...]


class FlashAccelerator:
    """State of both caches; costs are in cycles to add to those of zero-wait memory."""

    def __init__(self, profile: Profile) -> None:
        self._art: Art = profile.art
        self._wait_states = profile.wait_states
        self._line_shift = self._art.line_bytes.bit_length() - 1
        self._read_shift = self._art.read_bytes.bit_length() - 1
        self._part_mask = self._art.line_bytes // self._art.read_bytes - 1
        # Lines by number: the parts that are there, and when the line was last used.
        self._instructions: dict[int, list[int]] = {}
        self._data: dict[int, list[int]] = {}
        self._uses = 0

    def code_cycles(self, lines: tuple[CodeLine, ...]) -> int:
        """Waiting for the code of one block."""
        cycles, cached = 0, self._instructions
        for part_of_block in lines:
            self._uses += 1
            line, parts = part_of_block.line, part_of_block.parts
            entry = cached.get(line)
            if entry is not None and entry[0] & parts == parts:
                entry[1] = self._uses
            else:
                present = entry[0] if entry is not None else 0
                cycles += sum(self._wait(hidden) for bit, hidden in part_of_block.reads if not present & bit)
                self._fill(cached, self._art.instruction_lines, line, present | parts)
        return cycles

    def data_cycles(self, addresses: Iterable[int]) -> int:
        """Waiting for data reads at these flash addresses, in order."""
        cycles, cached = 0, self._data
        for address in addresses:
            self._uses += 1
            line, bit = address >> self._line_shift, 1 << (address >> self._read_shift & self._part_mask)
            entry = cached.get(line)
            if entry is not None and entry[0] & bit:
                entry[1] = self._uses
            else:
                cycles += self._wait_states
                self._fill(cached, self._art.data_lines, line, (entry[0] if entry is not None else 0) | bit)
        return cycles

    def _fill(self, cached: dict[int, list[int]], capacity: int, line: int, parts: int) -> None:
        cached[line] = [parts, self._uses]
        if len(cached) > capacity:
            del cached[min(cached, key=lambda known: cached[known][1])]

    def _wait(self, hidden: int | None) -> int:
        return max(self._wait_states - (hidden if hidden is not None and self._art.prefetch else 0), 0)


def code_lines(reads: Iterable[tuple[int, int | None]], art: Art) -> tuple[CodeLine, ...]:
    """Groups a block's code reads, (address, hidden cycles) in order, by cache line."""
    grouped: dict[int, list[tuple[int, int | None]]] = {}
    for address, hidden in reads:
        bit = 1 << (address % art.line_bytes // art.read_bytes)
        grouped.setdefault(address // art.line_bytes, []).append((bit, hidden))
    return tuple(CodeLine(line, sum(bit for bit, _ in bits), tuple(bits)) for line, bits in grouped.items())
