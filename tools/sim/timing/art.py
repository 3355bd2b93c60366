"""The flash accelerator (ART): which flash reads wait.

Model (RM0351 section 3.3.4): flash is read 8 bytes at a time; what was read is kept by line of 32 bytes in an instruction
cache and a data cache, each least recently used. An instruction read that misses waits for the flash, a sequential one
only for what is left of the prefetch that ran while the 8 bytes before executed; a data read waits in full.
Assumptions, not validated on hardware: a line is filled 8 bytes at a time; data reads don't disturb the prefetch.
"""

from collections import OrderedDict

from tools.sim.timing.profiles import Profile

# One 8-byte read of a block's code: its address, and the cycles that the code of the 8 bytes before it takes,
# None for the first read after a branch.
CodeRead = tuple[int, int | None]


class _Cache:
    """Lines of `line_bytes`, each with the set of its 8-byte parts that were read; least recently used goes first."""

    def __init__(self, lines: int, line_bytes: int, read_bytes: int) -> None:
        self._capacity = lines
        self._shift = line_bytes.bit_length() - 1
        self._read_shift = read_bytes.bit_length() - 1
        self._lines: OrderedDict[int, set[int]] = OrderedDict()

    def hit(self, address: int) -> bool:
        """Whether the 8 bytes at `address` are there; if not they are now."""
        line, part = address >> self._shift, address >> self._read_shift
        parts = self._lines.get(line)
        if parts is None:
            if len(self._lines) >= self._capacity:
                self._lines.popitem(last=False)
            self._lines[line] = {part}
            return False
        self._lines.move_to_end(line)
        if part in parts:
            return True
        parts.add(part)
        return False


class FlashAccelerator:
    """State of both caches; costs are in cycles to add to those of zero-wait memory."""

    def __init__(self, profile: Profile) -> None:
        art = profile.art
        self._wait_states = profile.wait_states
        self._prefetch = art.prefetch
        self._instructions = _Cache(art.instruction_lines, art.line_bytes, art.read_bytes)
        self._data = _Cache(art.data_lines, art.line_bytes, art.read_bytes)

    def code_cycles(self, reads: tuple[CodeRead, ...]) -> int:
        """Waiting for the code of one block."""
        cycles = 0
        for address, cycles_before in reads:
            if not self._instructions.hit(address):
                hidden = cycles_before if cycles_before is not None and self._prefetch else 0
                cycles += max(self._wait_states - hidden, 0)
        return cycles

    def data_cycles(self, addresses: tuple[int, ...]) -> int:
        """Waiting for data reads at these flash addresses, in order."""
        hit = self._data.hit
        return sum(self._wait_states for address in addresses if not hit(address))
