"""Random operators that keep a state from one inference to the next; see random_models.py."""

from dataclasses import replace

import numpy as np

from cmsis.testing.random_models import activation_value, flat, random_int8, random_scale, reshape
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema


def svdf(rng: np.random.Generator) -> bytes:
    """An SVDF, with or without bias; at times its time weights are so large that sums wrap."""
    inputs, rank, units, memory = (int(rng.integers(1, limit)) for limit in (24, 4, 6, 7))
    filters = rank * units
    options = schema.SVDFOptionsT()
    options.rank, options.fusedActivationFunction = rank, schema.ActivationFunctionType.RELU
    source = activation_value(rng, "input", (1, inputs))
    feature = Value("feature", (filters, inputs), "int8", (random_scale(rng, -9, 0),), (0,), 0,
                    random_int8(rng, (filters, inputs)))
    spread = np.log2(source.scales[0] * feature.scales[0] * 74 * 74 * inputs ** 0.5 / 20000)
    state = Value("state", (1, filters * memory), "int16", (random_scale(rng, spread - 2, spread + 2),), (0,), state=True)
    largest = 32767 if rng.random() < 0.3 else 400
    time = Value("time", (filters, memory), "int16", (random_scale(rng, -15, -8),), (0,), 0,
                 rng.integers(-largest, largest + 1, (filters, memory)))
    spread = np.log2(state.scales[0] * time.scales[0] * largest * 8000 * (memory * rank) ** 0.5 / 60)
    wild = 20 if rng.random() < 0.2 else 3
    target = activation_value(rng, "output", (1, units), random_scale(rng, spread - wild, spread + 3))
    bias = Value("bias", (units,), "int32", (state.scales[0] * time.scales[0],), (0,), 0, rng.integers(-1 << 20, 1 << 20, units))
    call = Call("SVDF", (0, 1, 2, 3 if rng.random() < 0.7 else -1, 4), (5,), options)
    return build((source, feature, time, bias, state, target), (call,), (0,), (5,))


def lstm(rng: np.random.Generator) -> bytes:
    """A UNIDIRECTIONAL_SEQUENCE_LSTM of some steps, with batch or time first; gates from hardly moving to saturated."""
    columns, cells, steps, time_major = *(int(rng.integers(1, limit)) for limit in (14, 9, 5)), bool(rng.random() < 0.3)
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction, options.timeMajor = schema.ActivationFunctionType.TANH, time_major
    options.cellClip, options.projClip = float(rng.choice((0.0, 10.0, 0.5, 3.3))), 0.0
    wide = 5 if rng.random() < 0.3 else 0
    source = Value("input", (1, steps, columns), "int8", (random_scale(rng, -8, -3),), (int(rng.integers(-128, 128)),))
    weights, recurrent = ([_symmetric(rng, f"{name} {gate}", (cells, depth), -9, -4 + wide) for gate in range(4)]
                          for name, depth in (("weights", columns), ("recurrent", cells)))
    biases = [Value(f"bias {gate}", (cells,), "int32", (source.scales[0] * one.scales[0],), (0,), 0,
                    rng.integers(-20000, 20000, cells)) for gate, one in enumerate(weights)]
    hidden = activation_value(rng, "hidden", (1, cells), random_scale(rng, -9, -6))
    cell = Value("cell", (1, cells), "int16", (2.0 ** int(rng.integers(-15, -8)),), (0,), state=True)
    product = replace(hidden if rng.random() < 0.5 else activation_value(rng, "", (), random_scale(rng, -9, -5)), name="product",
                      shape=(0,))
    target = replace(hidden, name="sequence", shape=(1, steps, cells))
    if time_major:
        source, target = (replace(value, shape=(steps, 1, value.shape[2])) for value in (source, target))
    values = (source, *weights, *recurrent, *biases, replace(hidden, state=True), cell,
              *(Value(f"gate {gate}", (0,), "float32") for gate in range(4)), product, target, flat("flat", source),
              flat("output", target))
    inputs = (*range(9), -1, -1, -1, *range(9, 13), -1, -1, 13, 14, -1, -1, -1, -1)
    call = Call("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, (20,), options, (15, 16, 17, 18, 19))
    return build(values, (reshape(21, values, 0), call, reshape(20, values, 22)), (21,), (22,))


def _symmetric(rng: np.random.Generator, name: str, shape: tuple[int, ...], low: float, high: float) -> Value:
    return Value(name, shape, "int8", (random_scale(rng, low, high),), (0,), 0, random_int8(rng, shape))
