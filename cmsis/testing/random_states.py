"""Random operators that keep a state from one inference to the next; see random_models.py."""

import numpy as np

from cmsis.testing.random_models import activation_value, random_int8, random_scale
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
