"""Real artifacts with one thing changed: the report names the tensor, the section, the key or the line, and both values."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from cmsis.testing import small_models
from gates.check import failures
from gates.reproducibility import judge, measure
from gates.reproducibility.places import environment, first_place, report

_FOLDER = Path("model/shapes")


def _npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _keras(kernel: np.ndarray) -> bytes:
    weights, file = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as h5:
        h5["layers/dense/vars/0"] = kernel
        h5["layers/dense/vars/1"] = np.zeros(3, np.float32)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("config.json"), "{}")
        archive.writestr(zipfile.ZipInfo("model.weights.h5"), weights.getvalue())
    return file.getvalue()


def test_an_array_of_a_data_set():
    x = np.arange(24, dtype=np.int8).reshape(2, 3, 4)
    other = x.copy()
    other[1, 2, 0] = 99
    assert first_place("a.npz", _npz(x=x, y=x[0]), _npz(x=other, y=x[0])) == (
        "array x[1, 2, 0]: np.int8(20) and np.int8(99), 1 of 24 elements differ")
    assert first_place("a.npz", _npz(x=x), _npz(x=x[:1])) == "array x: int8 [2, 3, 4] and int8 [1, 3, 4]"


def test_a_weight():
    kernel = np.ones((2, 3), np.float32)
    other = kernel.copy()
    other[1, 1] = np.nextafter(np.float32(1), np.float32(2))
    place = first_place("a.keras", _keras(kernel), _keras(other))
    assert place == ("model.weights.h5: array layers/dense/vars/0[1, 1]: np.float32(1.0) and np.float32(1.0000001), 1 of 6 elements"
                     " differ")


def test_a_tensor_and_a_scale():
    before = small_models.network()
    matrix = small_models.network_values()[8].data.copy()
    matrix[1, 2] += 1
    assert first_place("a.tflite", before, small_models.with_value(8, data=matrix)) == (
        f"tensor 8 (matrix), element 14: {matrix[1, 2] - 1} and {matrix[1, 2]}, 1 of 48 differ")
    scaled = small_models.with_value(3, scales=(0.25, 0.625, 0.125))
    assert first_place("a.tflite", before, scaled) == "tensor 3 (kernel), scale and zero point 1: 0.5, 0 and 0.625, 0"


def test_an_instruction():
    first = (_FOLDER / "shapes_program.elf").read_bytes()
    place = first.index(bytes.fromhex("6ff07f40"), 0) if bytes.fromhex("6ff07f40") in first else first.index(b"\x70\x47", 4096)
    second = bytearray(first)
    second[place] ^= 1
    found = first_place("a.elf", first, bytes(second))
    assert found.startswith("section .text, address 0x0800") and "+0x" in found and ", 1 of " in found
    lines = report("a.elf", first, bytes(second))
    assert any(line.startswith("section .rodata: equal") for line in lines)
    differing = next(index for index, line in enumerate(lines) if line.startswith("section .text: differs from byte"))
    signs = {line[0] for line in lines[differing + 1:] if line[1:3] == " 0"}
    assert signs == {"-", "+"} and any(":" in line and " " in line[14:] for line in lines if line[0] == "-")


def test_a_key_and_a_line():
    document = {"a": [1, {"b": 2.5}], "c": "d"}
    other = json.loads(json.dumps(document))
    other["a"][1]["b"] = 2.5000000000000004
    assert first_place("a.json", json.dumps(document).encode(), json.dumps(other).encode()) == "key a[1].b: 2.5 and 2.5000000000000004"
    assert first_place("a.c", b"int a;\nint b;\n", b"int a;\nint c;\n") == "line 2: 'int b;' and 'int c;'"


@pytest.mark.parametrize("name", ("a.tflite", "a.keras", "a.json", "a.elf"))
def test_what_cannot_be_read_says_so(name):
    assert "can't be read" in first_place(name, b"one", b"two")
    assert first_place("a.bin", b"one", b"two") == ""


def test_the_gate_says_it(tmp_path):
    paths = [tmp_path / build / "costs.json" for build in ("first", "second")]
    for path, text in zip(paths, ('{"cycles": 1}', '{"cycles": 2}')):
        path.parent.mkdir()
        path.write_text(text)
    (complaint,) = failures(judge.checks(measure.compare(*([str(path)] for path in paths)), None))
    assert "costs.json: two builds differ from byte 11 on" in complaint and "; that is key cycles: 1 and 2; " in complaint
    assert environment() in complaint
