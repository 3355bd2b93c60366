"""Random operators on int16 activations; see random_models.py."""

from dataclasses import replace

import numpy as np

from cmsis.testing import random_models
from cmsis.testing.random_models import random_scale, weights_value
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema


def conv_2d_s16(rng: np.random.Generator) -> bytes:
    """A CONV_2D, at times dilated, grouped or along one row."""
    options = schema.Conv2DOptionsT()
    height, size_h = (1, 1) if rng.random() < 0.3 else (int(rng.integers(1, 7)), int(rng.integers(1, 4)))
    width, size_w = int(rng.integers(1, 16)), int(rng.integers(1, 5))
    channels, filters, groups = int(rng.integers(1, 8)), int(rng.integers(1, 6)), int(rng.choice((1, 1, 2)))
    random_models.window_options(rng, options, one_row=height == 1)
    options.dilationWFactor = options.dilationHFactor = int(rng.choice((1, 1, 2)))
    shape = random_models.output_extent(options, (height, width), (size_h, size_w), (options.dilationHFactor,) * 2)
    if min(shape) < 1:
        return conv_2d_s16(rng)
    source = _activation(rng, "input", (1, height, width, channels * groups))
    weights = weights_value(rng, (filters * groups, size_h, size_w, channels), 0, per_channel=rng.random() < 0.8)
    target = _target(rng, (1, *shape, filters * groups), source, weights, size_h * size_w * channels)
    values = (source, weights, _bias(rng, source, weights, filters * groups), target)
    return build(values, (Call("CONV_2D", (0, 1, 2), (3,), options),), (0,), (3,))


def fully_connected_s16(rng: np.random.Generator) -> bytes:
    """A FULLY_CONNECTED, per tensor or per channel, with or without bias, of one row or more."""
    rows, depth, units = int(rng.choice((1, 1, 3))), int(rng.integers(1, 70)), int(rng.integers(1, 8))
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(rng.choice(random_models.ACTIVATIONS))
    options.keepNumDims = rows > 1
    source = _activation(rng, "input", (1, rows, depth) if rows > 1 else (1, depth))
    weights = weights_value(rng, (units, depth), 0, per_channel=rng.random() < 0.5)
    target = _target(rng, (*source.shape[:-1], units), source, weights, depth)
    values = (source, weights, _bias(rng, source, weights, units), target)
    inputs = (0, 1, 2) if rng.random() < 0.8 else (0, 1, -1)
    return build(values, (Call("FULLY_CONNECTED", inputs, (3,), options),), (0,), (3,))


def _activation(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Value:
    return Value(name, shape, "int16", (random_scale(rng, -15, -6),), (0,))


def _bias(rng: np.random.Generator, source: Value, weights: Value, channels: int) -> Value:
    bias = random_models.bias_value(rng, source, weights, channels)
    return replace(bias, dtype="int64", data=rng.integers(-(1 << 24), 1 << 24, channels))


def _target(rng: np.random.Generator, shape: tuple[int, ...], source: Value, weights: Value, depth: int) -> Value:
    """Returns an output whose scale leaves the values mostly inside int16, at times far too small or too large."""
    spread = np.log2(source.scales[0] * max(weights.scales) * 74 * depth ** 0.5)
    return Value("output", shape, "int16", (random_scale(rng, spread - 3, spread + 3),), (0,))
