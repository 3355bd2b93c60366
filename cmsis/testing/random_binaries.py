"""Random models of one operator on two int8 tensors, broadcast or not, computed or constant; see random_models.py."""

import numpy as np

from cmsis.testing.random_models import ACTIVATIONS, random_int8, random_scale, random_zero_point
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema

_OPTIONS = {"ADD": schema.AddOptionsT, "MAXIMUM": schema.MaximumMinimumOptionsT, "MINIMUM": schema.MaximumMinimumOptionsT,
            "MUL": schema.MulOptionsT, "SUB": schema.SubOptionsT}
BINARIES = ("ADD", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SUB")


def binary(rng: np.random.Generator, builtin: str, shapes: tuple[tuple[int, ...], ...] | None = None) -> bytes:
    """One of BINARIES, on tensors of `shapes` or random ones; the second of given ones is constant."""
    constant = 1 if shapes else int(rng.choice((0, 1, 2, 2)))  # 2: neither
    if builtin == "PRELU":
        constant = max(constant, 1)
    shapes = shapes or _shapes(rng, alpha=builtin == "PRELU")
    first, second = (_operand(rng, index, shape, index == constant) for index, shape in enumerate(shapes))
    target_shape = np.broadcast_shapes(*shapes)
    if builtin in ("MAXIMUM", "MINIMUM"):
        second = Value(second.name, second.shape, "int8", first.scales, first.zero_points, data=second.data)
        target = Value("output", target_shape, "int8", first.scales, first.zero_points)
    else:
        second = _related(rng, first, second)
        target = Value("output", target_shape, "int8", (_output_scale(rng, builtin, first, second),), (random_zero_point(rng),))
    options = _OPTIONS.get(builtin, lambda: None)()
    if builtin in ("ADD", "MUL", "SUB"):
        options.fusedActivationFunction = int(rng.choice(ACTIVATIONS))
    computed = tuple(index for index in (0, 1) if index != constant)
    return build((first, second, target), (Call(builtin, (0, 1), (2,), options),), computed, (2,))


def _shapes(rng: np.random.Generator, alpha: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns two shapes of batch 1, half of them equal; of the rest one or both repeat along some axes. `alpha`: the second."""
    full = (1, *(int(extent) for extent in rng.integers(1, 7, int(rng.integers(0, 4)))))
    if len(full) == 2 and rng.random() < 0.5:
        full = (1, int(rng.integers(1, 150)))
    if rng.random() < 0.5:
        return full, full
    shapes = [full if alpha or rng.random() < 0.5 else _repeated(rng, full), _repeated(rng, full)]
    return tuple(shapes if alpha or rng.random() < 0.5 else shapes[::-1])


def _repeated(rng: np.random.Generator, full: tuple[int, ...]) -> tuple[int, ...]:
    return (1, *(extent if rng.random() < 0.5 else 1 for extent in full[1:]))


def _operand(rng: np.random.Generator, index: int, shape: tuple[int, ...], constant: bool) -> Value:
    return Value(f"input {index}", shape, "int8", (random_scale(rng),), (random_zero_point(rng),),
                 data=random_int8(rng, shape) if constant else None)


def _related(rng: np.random.Generator, first: Value, second: Value) -> Value:
    """Returns the second operand with a scale that is often near the first's or equal to it."""
    kind = rng.random()
    scale = first.scales[0] if kind < 0.2 else second.scales[0] if kind < 0.4 else float(
        np.float32(first.scales[0] * 2.0 ** rng.uniform(-3, 3)))
    return Value(second.name, second.shape, "int8", (scale,), second.zero_points, data=second.data)


def _output_scale(rng: np.random.Generator, builtin: str, first: Value, second: Value) -> float:
    """Returns an output scale that leaves most outputs inside int8; one in three makes ties."""
    one, other = first.scales[0], second.scales[0]
    spread = {"MUL": one * other * 60, "PRELU": one}.get(builtin, max(one, other))
    exponent = np.log2(spread) + rng.uniform(-1, 1.5)
    return float(np.float32(2.0 ** (round(exponent) if rng.random() < 1 / 3 else exponent)))
