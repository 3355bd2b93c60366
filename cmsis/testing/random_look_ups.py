"""Random models of one operator that treats every value of one int8 tensor alike; see random_models.py."""

import numpy as np

from cmsis.testing.random_models import random_scale, random_zero_point
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema

_OPTIONS = {"HARD_SWISH": schema.HardSwishOptionsT, "LEAKY_RELU": schema.LeakyReluOptionsT,
            "QUANTIZE": schema.QuantizeOptionsT}
LOOK_UPS = ("HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1", "TANH")


def look_up(rng: np.random.Generator, builtin: str, elements: int | None = None) -> bytes:
    """One of LOOK_UPS, on `elements` values or a random shape."""
    shape = tuple(int(extent) for extent in rng.integers(1, 7, int(rng.integers(0, 4)))) if elements is None else (elements,)
    source = Value("input", (1, *shape), "int8", (random_scale(rng),), (random_zero_point(rng),))
    options = _OPTIONS.get(builtin, lambda: None)()
    if builtin == "LEAKY_RELU":
        options.alpha = _alpha(rng)
    return build((source, _target(rng, builtin, source)), (Call(builtin, (0,), (1,), options),), (0,), (1,))


def _alpha(rng: np.random.Generator) -> float:
    return float(rng.choice((0.0, 0.125, 0.3, 1.0, -0.5, 3.0))) if rng.random() < 0.5 else float(rng.normal(0, 0.5))


def _target(rng: np.random.Generator, builtin: str, source: Value) -> Value:
    """Returns an output; where the operator is free, often with the input's scale, zero point or both."""
    if builtin == "LOGISTIC":
        return Value("output", source.shape, "int8", (1 / 256,), (-128 if rng.random() < 0.7 else random_zero_point(rng),))
    if builtin == "TANH" and rng.random() < 0.7:
        return Value("output", source.shape, "int8", (1 / 128,), (0,))
    near = source.scales[0] * 2.0 ** rng.uniform(-3, 3)
    scale = (source.scales[0], float(np.float32(near)), random_scale(rng))[int(rng.integers(3))]
    if builtin == "HARD_SWISH":  # TFLite refuses less than 1/128 of the input's scale.
        scale = max(scale, source.scales[0] / 100)
    zero_point = source.zero_points[0] if rng.random() < 0.3 else random_zero_point(rng)
    return Value("output", source.shape, "int8", (scale,), (zero_point,))
