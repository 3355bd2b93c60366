"""Random models of one operator whose output is not int8: only a network's last one; see random_models.py."""

import numpy as np

from cmsis.testing.random_models import random_scale, random_zero_point
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema

_TYPES = {"int32": schema.TensorType.INT32, "int64": schema.TensorType.INT64}


def dequantize(rng: np.random.Generator) -> bytes:
    """A DEQUANTIZE to float32."""
    source = _source(rng, (1, *rng.integers(1, 9, int(rng.integers(0, 4)))))
    target = Value("output", source.shape, "float32")
    return build((source, target), (Call("DEQUANTIZE", (0,), (1,), schema.DequantizeOptionsT()),), (0,), (1,))


def arg_max(rng: np.random.Generator) -> bytes:
    """An ARG_MAX along any axis but the batch, counted from either end."""
    source = _source(rng, (1, *rng.integers(1, 9, int(rng.integers(1, 4)))))
    rank, dtype = len(source.shape), str(rng.choice(("int32", "int64")))
    axis = int(rng.integers(1, rank))
    options = schema.ArgMaxOptionsT()
    options.outputType = _TYPES[dtype]
    target = Value("output", source.shape[:axis] + source.shape[axis + 1:], dtype)
    axis_value = Value("axis", () if rng.random() < 0.5 else (1,), "int32", data=np.array(axis - rank * (rng.random() < 0.5)))
    return build((source, axis_value, target), (Call("ARG_MAX", (0, 1), (2,), options),), (0,), (2,))


def _source(rng: np.random.Generator, shape) -> Value:
    return Value("input", tuple(int(extent) for extent in shape), "int8", (random_scale(rng),), (random_zero_point(rng),))
