"""Spoils .tflite files: bytes and words anywhere, and fields of the schema with the file repacked around them.

Purpose: what the fuzzer and its test feed to the compiler. Inputs: the bytes of good files and a NumPy generator. Outputs: the
bytes of a file that may be broken in its form (offsets, lengths) or only in its meaning (shapes, scales, references).
"""

import copy
import struct

import flatbuffers
import numpy as np

from cmsis.testing.tflite_schema import schema

_BYTES = (0, 1, 2, 3, 4, 127, 128, 254, 255)
_INTEGERS = (-(1 << 31), -(1 << 15), -129, -128, -2, -1, 0, 1, 2, 3, 4, 5, 16, 127, 128, 255, 256, 511, 512, 4096, 65535, 65536,
             (1 << 24) - 1, 1 << 24, 1 << 30, (1 << 31) - 1, (1 << 32) - 1, 1 << 62, (1 << 63) - 1)
_FLOATS = (0.0, -0.0, -1.0, 1.0, 1e-45, 1e-38, 1e-20, 1 / 256, 1e10, 3e38, float("inf"), float("-inf"), float("nan"))
_TEXTS = (b"", b"a", b"*/ int x; /*", b"\xff\xfe", b"a/b/c;d/e", b"\\\n", b"%s$name", b"x" * 5000)


class Mutator:
    """Draws mutations of `models`."""

    def __init__(self, models: tuple[bytes, ...], rng: np.random.Generator):
        self._models, self._rng = models, rng

    def __call__(self) -> bytes:
        """The next mutated file."""
        model = self._pick(self._models)
        kind = self._rng.integers(10)
        if kind < 6:
            model = self._repacked(model)
        if kind >= 5:
            model = self._pick((self._bytes, self._words, self._cut, self._moved))(model)
        return model

    def _pick(self, choices):
        return choices[self._rng.integers(len(choices))]

    def _few(self) -> range:
        return range(int(self._rng.choice((1, 1, 1, 2, 3, 5))))

    def _bytes(self, model: bytes) -> bytes:
        data = bytearray(model)
        for _ in self._few():
            data[self._rng.integers(len(data))] = self._pick((*_BYTES, int(self._rng.integers(256))))
        return bytes(data)

    def _words(self, model: bytes) -> bytes:
        """Changes aligned words, which are most offsets, lengths and scalars."""
        data = bytearray(model)
        for _ in self._few():
            layout, size = self._pick((("<i", 4), ("<i", 4), ("<H", 2)))
            place = int(self._rng.integers(len(data) // size)) * size
            near = struct.unpack_from(layout, data, place)[0] + int(self._rng.integers(-9, 10))
            value = self._pick((near, self._pick(_INTEGERS), int(self._rng.integers(len(data)))))
            data[place:place + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        return bytes(data)

    def _cut(self, model: bytes) -> bytes:
        return model[:self._rng.integers(len(model))]

    def _moved(self, model: bytes) -> bytes:
        """Copies a piece over another place."""
        size, source, target = int(self._rng.integers(1, 40)), *map(int, self._rng.integers(len(model), size=2))
        piece = model[source:source + size]
        return model[:target] + piece + model[target + len(piece):]

    def _repacked(self, model: bytes) -> bytes:
        """Changes fields of the schema; values that the packer itself refuses are drawn anew."""
        good = schema.ModelT.InitFromPackedBuf(model)
        while True:
            spoiled = copy.deepcopy(good)
            for _ in self._few():
                self._change_field(spoiled)
            try:
                builder = flatbuffers.Builder(1024)
                builder.Finish(spoiled.Pack(builder), b"TFL3")
                return bytes(builder.Output())
            except Exception:  # the packer raises a dozen classes over values out of range  # noqa: BLE001
                continue

    def _change_field(self, model) -> None:
        """Changes one field of one table, by table and field names first: weights are many, and say little."""
        tables = {}
        _collect(model, tables)
        name = self._pick(sorted(tables))
        table = self._pick(tables[name])
        field = self._pick(sorted(vars(table)))
        setattr(table, field, self._changed(getattr(table, field), tables))

    def _changed(self, value, tables: dict):
        if isinstance(value, bool):
            return not value
        if isinstance(value, (int, np.integer)):
            return int(self._pick((int(value) + int(self._rng.integers(-2, 3)), self._pick(_INTEGERS))))
        if isinstance(value, float):
            return self._pick((value * 2, -value, self._pick(_FLOATS)))
        if isinstance(value, (bytes, str)):
            return self._pick(_TEXTS)
        if isinstance(value, np.ndarray):
            return self._changed_array(value)
        if isinstance(value, list):
            return self._changed_list(value)
        if value is not None:
            return self._pick((None, self._pick(tables.get(type(value).__name__, [value]))))
        return self._pick((None, np.array([self._pick(_INTEGERS) & 0x7FFFFFFF], np.int32), 1))

    def _changed_array(self, array: np.ndarray) -> np.ndarray:
        kind = self._rng.integers(6)
        if kind == 0 or not len(array):
            return np.append(array, np.array([self._pick((0, 1, 2, 100))], array.dtype))
        if kind == 1:
            return array[:self._rng.integers(len(array))]
        array = array.copy()
        choices = _FLOATS if array.dtype.kind == "f" else _INTEGERS
        value = array[self._rng.integers(len(array))].item() * 2 if kind == 2 else self._pick(choices)
        if array.dtype.kind != "f":
            limits = np.iinfo(array.dtype)
            value = min(max(int(value), int(limits.min)), int(limits.max))
        array[self._rng.integers(len(array))] = value
        return array

    def _changed_list(self, items: list) -> list:
        if not items:
            return items
        index = int(self._rng.integers(len(items)))
        other = items[self._rng.integers(len(items))]
        return self._pick((items[:index] + items[index + 1:], items + [other], items[:index] + [other] + items[index + 1:],
                           items[::-1]))


def _collect(value, tables: dict) -> None:
    """Files every table below `value` under the name of its class."""
    if isinstance(value, list):
        for item in value:
            _collect(item, tables)
    elif hasattr(value, "Pack"):
        if vars(value):
            tables.setdefault(type(value).__name__, []).append(value)
        for item in vars(value).values():
            _collect(item, tables)
