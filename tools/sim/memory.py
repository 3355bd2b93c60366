"""Memories of the simulated board: mapped into Unicorn, painted, read and written from outside.

Purpose: flash appears at its address and at its boot alias as the same bytes; SRAM starts painted, so that the stack's
high-water mark can be measured. Errors: SimError for an address outside the board's memories.
"""

import ctypes
import mmap

from unicorn import Uc, UcError
from unicorn import unicorn_const as uc_const

from tools.sim.boards import Board
from tools.sim.errors import SimError

PAINT = (0xA5A5A5A5).to_bytes(4, "little")


class Memories:
    """Access from outside. Writes drop the translated code that they change."""

    def __init__(self, uc: Uc, board: Board, backing: list[mmap.mmap]) -> None:
        self._uc = uc
        self.board = board
        self._backing = backing

    def read(self, address: int, count: int) -> bytes:
        """`count` bytes at `address`."""
        try:
            return bytes(self._uc.mem_read(address, count))
        except UcError as error:
            raise self._outside("read", address, count) from error

    def write(self, address: int, data: bytes) -> None:
        """Stores `data` at `address`, flash included."""
        try:
            if self._uc.mem_read(address, len(data)) != data:
                self._uc.mem_write(address, data)
                self._uc.ctl_remove_cache(address, address + len(data))
        except UcError as error:
            raise self._outside("write", address, len(data)) from error

    def mappings(self) -> list[tuple[int, int, int]]:
        """Each memory and alias: its address, its bytes, and where they are in this process."""
        return [
            (base, memory.size_bytes, _pointer(host))
            for memory, host in zip(self.board.memories, self._backing, strict=True)
            for base in (memory.base, memory.alias)
            if base is not None
        ]

    def _outside(self, verb: str, address: int, count: int) -> SimError:
        known = ", ".join(f"{m.name} {m.base:#010x}+{m.size_bytes:#x}" for m in self.board.memories)
        found = f"got {count} bytes at {address:#010x}, want within {known}"
        return SimError(f"{self.board.name}: {verb} outside of memory; {found}")


def _pointer(host: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(host))


def map_memories(uc: Uc, board: Board) -> Memories:
    """Maps all memories of `board`; an alias shares the bytes of its memory."""
    backing = []
    for memory in board.memories:
        host = mmap.mmap(-1, memory.size_bytes)
        backing.append(host)
        rights = uc_const.UC_PROT_ALL if memory.writable else uc_const.UC_PROT_READ | uc_const.UC_PROT_EXEC
        for base in (memory.base, memory.alias):
            if base is not None:
                uc.mem_map_ptr(base, memory.size_bytes, rights, _pointer(host))
    return Memories(uc, board, backing)


def stack_high_water_bytes(memories: Memories, stack_top: int, stack_bottom: int | None = None) -> int:
    """Bytes below `stack_top` that the stack has reached since reset.

    With `stack_bottom`: from the lowest word that is not paint. Without: from the end of the longest painted run below
    `stack_top` in the same memory, the gap between static data and stack. SimError if there is no paint left at all.
    """
    memory = memories.board.memory_at(stack_top - 1)
    if memory is None or not memory.writable:
        raise SimError(f"{memories.board.name}: stack top {stack_top:#010x} is outside of SRAM")
    bottom = memory.base if stack_bottom is None else stack_bottom
    data = memories.read(bottom, stack_top - bottom)
    words = [data[i : i + 4] == PAINT for i in range(0, len(data), 4)]
    if stack_bottom is not None:
        used_from = words.index(False) if False in words else len(words)
    else:
        used_from = _end_of_longest_run(words)
    if used_from == 0:
        fact = f"stack overflow: no untouched word between {bottom:#010x} and {stack_top:#010x}"
        raise SimError(f"{memories.board.name}: {fact}")
    return stack_top - bottom - 4 * used_from


def _end_of_longest_run(words: list[bool]) -> int:
    best_length, best_end, length = 0, 0, 0
    for index, painted in enumerate(words):
        length = length + 1 if painted else 0
        if length > best_length:
            best_length, best_end = length, index + 1
    return best_end
