"""Bounds-checked reading of flatbuffers.

Purpose: the one place where bytes of an untrusted file become numbers; every offset and length is checked first.
Inputs: the bytes of a file. Outputs: tables, strings and vectors by field number.
Non-goals: writing; structs; unions other than by their table.
Layout: https://flatbuffers.dev/internals (little endian; a table starts with the signed distance back to its vtable).
"""

import struct
from dataclasses import dataclass

import numpy as np

from tools.errors import UserError

_UOFFSET_BYTES = 4
_VTABLE_HEADER_BYTES = 4
_FIELD_BYTES = 2


class CorruptError(UserError):
    """The bytes are not a well-formed flatbuffer."""


def root(data: bytes) -> "Table":
    """Returns the root table of `data`; raises CorruptError."""
    return Table(data, _unpack(data, "<I", 0))


def identifier(data: bytes) -> bytes:
    """Returns the four bytes that name the file's schema (fewer when the file is shorter)."""
    return data[4:8]


def _unpack(data: bytes, layout: str, position: int):
    size_bytes = struct.calcsize(layout)
    if position < 0 or position + size_bytes > len(data):
        raise CorruptError(f"model: offset points outside the file; got {position}, want 0 to {len(data) - size_bytes}."
                           " Fix: export the .tflite again")
    return struct.unpack_from(layout, data, position)[0]


@dataclass(frozen=True)
class Table:
    """A table at byte `position` of `data`. Fields are addressed by their number in the schema."""

    data: bytes
    position: int

    def _field(self, number: int) -> int | None:
        """Returns the byte position of a field, or None when the table does not hold it."""
        vtable = self.position - _unpack(self.data, "<i", self.position)
        vtable_bytes = _unpack(self.data, "<H", vtable)
        entry = _VTABLE_HEADER_BYTES + _FIELD_BYTES * number
        if entry + _FIELD_BYTES > vtable_bytes:
            return None
        offset = _unpack(self.data, "<H", vtable + entry)
        return self.position + offset if offset else None

    def scalar(self, number: int, layout: str, default):
        """Returns the scalar of struct layout `layout` (one letter), or `default`."""
        position = self._field(number)
        return default if position is None else _unpack(self.data, "<" + layout, position)

    def table(self, number: int) -> "Table | None":
        """Returns the table that a field points to, or None."""
        position = self._field(number)
        return None if position is None else Table(self.data, self._follow(position))

    def string(self, number: int) -> str:
        """Returns a string field, empty when absent; bytes that are no UTF-8 are replaced."""
        return self._vector_bytes(number, 1).decode("utf-8", errors="replace")

    def array(self, number: int, dtype: str) -> np.ndarray:
        """Returns a vector of scalars as a 1-D array, empty when absent."""
        little_endian = np.dtype(dtype).newbyteorder("<")
        return np.frombuffer(self._vector_bytes(number, little_endian.itemsize), dtype=little_endian)

    def tables(self, number: int) -> tuple["Table", ...]:
        """Returns a vector of tables, empty when absent."""
        position = self._field(number)
        if position is None:
            return ()
        start = self._follow(position)
        count = self._vector_length(start, _UOFFSET_BYTES)
        entries = (start + _UOFFSET_BYTES * (1 + index) for index in range(count))
        return tuple(Table(self.data, self._follow(entry)) for entry in entries)

    def _follow(self, position: int) -> int:
        return position + _unpack(self.data, "<I", position)

    def _vector_length(self, start: int, item_bytes: int) -> int:
        count = _unpack(self.data, "<I", start)
        room = (len(self.data) - start - _UOFFSET_BYTES) // item_bytes
        if count > room:
            raise CorruptError(f"model: vector ends outside the file; got {count} items, want at most {room}."
                               " Fix: export the .tflite again")
        return count

    def _vector_bytes(self, number: int, item_bytes: int) -> bytes:
        position = self._field(number)
        if position is None:
            return b""
        start = self._follow(position)
        first = start + _UOFFSET_BYTES
        return self.data[first:first + self._vector_length(start, item_bytes) * item_bytes]
