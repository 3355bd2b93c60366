"""Random BATCH_MATMULs; see random_models.py."""

from dataclasses import replace

import numpy as np

from cmsis.testing.random_models import activation_value, flat, output_scale, random_int8, reshape
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema


def batch_matmul(rng: np.random.Generator) -> bytes:
    """A product, in every layout, of two inputs, an input and a constant, or an input and itself transposed."""
    kind = rng.choice(("two inputs", "left constant", "right constant", "itself"))
    options = schema.BatchMatMulOptionsT()
    options.adjX, options.adjY = bool(rng.random() < 0.5), bool(rng.random() < 0.5)
    options.adjY = not options.adjX if kind == "itself" else options.adjY
    left, right, shape = _shapes(rng, options)
    if kind == "itself":
        right, shape = left, left[:-2] + 2 * (left[-1 if options.adjX else -2],)
    sides = [activation_value(rng, name, side) for name, side in (("left", left), ("right", right))]
    sides[1] = sides[0] if kind == "itself" else sides[1]
    target = activation_value(rng, "product", shape, output_scale(rng, *sides, left[-2 if options.adjX else -1]))
    for index, constant in enumerate(("left constant", "right constant")):
        if kind == constant:
            sides[index] = replace(sides[index], data=random_int8(rng, sides[index].shape))
    values = (*sides, target, flat("output", target), *(flat(f"{side.name} input", side) for side in sides))
    computed = [index for index in (0, 1) if sides[index].data is None and (index == 0 or kind != "itself")]
    # Networks begin and end with a batch of 1, which the sides need not have.
    calls = (*(reshape(4 + index, values, index) for index in computed),
             Call("BATCH_MATMUL", (0, 0 if kind == "itself" else 1), (2,), options), reshape(2, values, 3))
    return build(values, calls, tuple(4 + index for index in computed), (3,))


def _shapes(rng: np.random.Generator, options) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Returns the shapes of both sides and of their product."""
    batches = tuple(int(extent) for extent in rng.integers(1, 4, int(rng.integers(0, 3))))
    rows, depth, columns = (int(rng.integers(1, limit)) for limit in (8, 30, 12))
    left = _fewer(rng, batches) + ((depth, rows) if options.adjX else (rows, depth))
    # TFLite leaves outputs unset where it transposes a left side of several batches and the right side has one.
    right = (batches if options.adjX else _fewer(rng, batches)) + ((columns, depth) if options.adjY else (depth, columns))
    return left, right, np.broadcast_shapes(left[:-2], right[:-2]) + (rows, columns)


def _fewer(rng: np.random.Generator, batches: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the batch extents, at times without some of them, which the other side's stand for."""
    kept = tuple(1 if rng.random() < 0.3 else extent for extent in batches)
    return kept[1:] if kept[:1] == (1,) and rng.random() < 0.5 else kept
