"""Small Keras networks, all the way to Cortex-M4 code, against TFLite's reference kernels: equal to the bit."""

import json

import numpy as np
import pytest

from cmsis.testing.m4 import M4, find
from cmsis.testing.tflite_oracle import Oracle

_INPUTS = 1000
_ALIGNMENT_BYTES = 4


class _Program:
    """The compiled network on the core, with buffers of the planned sizes at page boundaries."""

    def __init__(self, name: str):
        self.name = name
        self.core = M4(find(f"cmsis/testing/{name}_program.elf"))
        self.plan = json.loads(find(f"cmsis/testing/{name}.json").read_text(encoding="utf-8"))
        self.oracle = Oracle(find(f"cmsis/testing/{name}.tflite").read_bytes())
        self.arena = self.core.painted(self.plan["arena_bytes"], alignment=_ALIGNMENT_BYTES)
        inputs, outputs = (self.plan.get(f"{end}s") or [self.plan[end]] for end in ("input", "output"))
        self.inputs = [self.core.painted(buffer["bytes"], "start") for buffer in inputs]
        self.types = [np.dtype(buffer["type"]) for buffer in outputs]
        self.outputs = [self.core.painted(buffer["bytes"], "start", alignment=dtype.itemsize)
                        for buffer, dtype in zip(outputs, self.types)]
        self.elements = [buffer["bytes"] // dtype.itemsize for buffer, dtype in zip(outputs, self.types)]
        self.buffers = [*self.inputs, *self.outputs]
        self.self = self.core.words(0)

    def init(self, arena: int, arena_bytes: int) -> int:
        return self.core.call(f"{self.name}_init", self.self, arena, arena_bytes)

    def run(self, *values: np.ndarray) -> list[np.ndarray]:
        for address, value in zip(self.inputs, values, strict=True):
            self.core.write(address, value.tobytes())
        assert self.core.call(f"{self.name}_run", self.self, *self.buffers) == 0
        return [self.core.read(address, count, dtype.name)
                for address, count, dtype in zip(self.outputs, self.elements, self.types)]


@pytest.fixture(scope="module", params=("row", "dense", "image", "pooled", "grouped", "wide", "heard", "branched",
                                        "unrolled_lstm", "unrolled_gru", "attentive"))
def program(request):
    return _Program(request.param)


def test_init_checks_its_arena(program):
    size = program.plan["arena_bytes"]
    assert program.init(0, size) == -1
    assert program.init(program.arena, size - 1) == -1
    assert program.init(program.arena + 1, size) == -1
    assert program.init(program.arena, size) == 0


def test_run_checks_its_pointers(program):
    program.init(program.arena, program.plan["arena_bytes"])
    run = f"{program.name}_run"
    arguments = [program.self, *program.buffers]
    for index in range(len(arguments)):
        assert program.core.call(run, *arguments[:index], 0, *arguments[index + 1:]) == -1


def test_scores_equal_tflite(program):
    seed = 20
    rng = np.random.default_rng(seed)
    assert program.init(program.arena, program.plan["arena_bytes"]) == 0
    limits = np.iinfo(program.oracle.input_types[0])
    for index in range(_INPUTS):
        spread = rng.choice((0.04, 0.3, 1.6)) * limits.max
        values = [np.clip(rng.normal(0, spread, shape).round(), limits.min, limits.max).astype(limits.dtype)
                  for shape in program.oracle.input_shapes]
        for actual, expected in zip(program.run(*values), program.oracle.run_all(values), strict=True):
            np.testing.assert_array_equal(actual, expected.flatten(), err_msg=f"seed {seed}, input {index}")


def test_reset_begins_a_new_sequence():
    program = _Program("heard")
    assert program.init(program.arena, program.plan["arena_bytes"]) == 0
    rng = np.random.default_rng(21)
    values = [rng.integers(-128, 128, program.oracle.input_shape).astype(np.int8) for _ in range(5)]
    first = [program.run(value) for value in values]
    assert not all(np.array_equal(program.run(value), one) for value, one in zip(values, first))  # goes on from its state
    assert program.core.call("heard_reset", program.self) == 0
    for value, one in zip(values, first):
        np.testing.assert_array_equal(program.run(value), one)
    assert program.core.call("heard_reset", 0) == -1
