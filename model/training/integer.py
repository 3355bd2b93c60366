"""The int8 network as a differentiable JAX function: forward it computes what the kernels do, backward what the float network does.

Purpose: quantization-aware training. Forward is TFLite's integer arithmetic bit for bit (cmsis/ROUNDING.md): int8 values, int8 weights
with a scale per filter, int32 biases, sums rescaled as each operator rounds. Backward is the straight-through estimator (Bengio,
Léonard, Courville, "Estimating or propagating gradients through stochastic neurons", 2013) with zero slope where a value saturates
(Jacob et al., "Quantization and training of neural networks", CVPR 2018).
Inputs: layers, float weights, the `steps` of one Range for the input and one per layer that computes (`computes`). x is float32
[N, length, channels].
Errors: ValueError for a layer without integer arithmetic here (average pools). All sums are of integers below 2^53: exact.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from model import spec as spec_module
from model.training import exact, network  # before jax: they pin XLA

import jax
import jax.numpy as jnp

_LEVELS = 255
_WEIGHT_MAX = 127


@dataclasses.dataclass(frozen=True)
class Range:
    """What the int8 values -128 and 127 of a tensor stand for; 0 lies in it, and on a step (`scale`, `zero_point`)."""

    low: float
    high: float

    @property
    def scale(self) -> float:
        """Of one step, float32 as TFLite stores it."""
        low, high = float(np.float32(min(self.low, 0.0))), float(np.float32(max(self.high, 0.0)))
        return float(np.float32((high - low) / _LEVELS))

    @property
    def zero_point(self) -> int:
        """The int8 value that stands for 0."""
        low, high = float(np.float32(min(self.low, 0.0))), float(np.float32(max(self.high, 0.0)))
        scale = (high - low) / _LEVELS
        from_low, from_high = -128 - low / scale, 127 - high / scale
        low_error, high_error = 128 + abs(low / scale), 127 + abs(high / scale)
        found = from_low if low_error < high_error else from_high
        return int(np.clip(np.copysign(np.floor(abs(found) + 0.5), found), -128, 127))


@dataclasses.dataclass(frozen=True)
class _Value:
    """A tensor: `q`, integers in float64 without gradient; `real`, what they stand for, float32 with one; its scale and zero point."""

    q: jax.Array
    real: jax.Array
    scale: jax.Array
    zero_point: jax.Array


def steps(ranges: Sequence[Range]) -> np.ndarray:
    """Scale and zero point of each range, float64 [R, 2]: what the functions below take, so that one compilation serves all ranges."""
    return np.array([(range_.scale, range_.zero_point) for range_ in ranges], np.float64)


def computes(layer: spec_module.Layer) -> bool:
    """Whether the layer's output has a range of its own; others only move values."""
    return isinstance(layer, (spec_module.Conv1D, spec_module.Dense, spec_module.Square))


def logits(layers: network.Layers, weights: network.Weights, grid: jax.Array, x: jax.Array) -> jax.Array:
    """What the int8 logits stand for, float32 [N, classes]."""
    return _forward(layers, weights, grid, x).real


def int8_logits(layers: network.Layers, weights: network.Weights, grid: jax.Array, x: jax.Array) -> jax.Array:
    """The int8 logits of the network, int8 [N, classes]."""
    return _forward(layers, weights, grid, x).q.astype(jnp.int8)


def snapped(layers: network.Layers, weights: network.Weights) -> network.Weights:
    """The weights on the steps of their int8 form, so that whoever quantizes them again finds the same."""
    found = []
    for layer, parameters in zip(layers, weights):
        if parameters:
            kernel, bias = parameters
            scale, q = _quantized_kernel(kernel)
            parameters = ((q * scale).astype(jnp.float32), bias)
        found.append(parameters)
    return tuple(found)


def _forward(layers: network.Layers, weights: network.Weights, grid: jax.Array, x: jax.Array) -> _Value:
    value, left = _input(x, grid[0]), iter(grid[1:])
    for layer, parameters in zip(layers, weights):
        match layer:
            case spec_module.Dense():
                value = _dense(value, parameters, layer.activation, next(left))
            case spec_module.Conv1D():
                value = _convolution(value, parameters, layer, next(left))
            case spec_module.Square():
                value = _square(value, next(left))
            case spec_module.AveragePool1D() | spec_module.GlobalAveragePool():
                raise ValueError(f"integer: no integer arithmetic for {layer.kind}; want layers of conv1d, dense, square, max_pool")
            case _:
                move = lambda array: network.activations((layer,), ((),), array)[0]  # noqa: E731, B023
                value = _Value(move(value.q), move(value.real), value.scale, value.zero_point)
    return value


def _input(x: jax.Array, grid: jax.Array) -> _Value:
    scale, zero_point = grid
    # By TFLite's QUANTIZE: x / scale in float32, halves away from zero.
    q = jnp.clip(_away((x / scale.astype(jnp.float32)).astype(jnp.float64)) + zero_point, -128, 127)
    return _Value(q, ((q - zero_point) * scale).astype(jnp.float32), scale, zero_point)


def _output(rescaled: jax.Array, smooth: jax.Array, grid: jax.Array, activation: str) -> _Value:
    """The output of integers `rescaled` (zero point not yet added) whose float counterpart is `smooth`."""
    scale, zero_point = grid
    least = zero_point if activation == "relu" else jnp.float64(-128)
    q = jax.lax.stop_gradient(jnp.clip(rescaled + zero_point, least, 127))
    real = ((q - zero_point) * scale).astype(jnp.float32)
    low, high = (((bound - zero_point) * scale).astype(jnp.float32) for bound in (least, 127))
    clipped = jnp.clip(smooth, low, high)
    return _Value(q, clipped + jax.lax.stop_gradient(real - clipped), scale, zero_point)


def _quantized_kernel(kernel: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The scale of each filter (last axis), float64 holding float32 values, and the kernel's integers in float64."""
    largest = jnp.max(jnp.abs(kernel), axis=tuple(range(kernel.ndim - 1)))
    scale = (jnp.maximum(largest, 1e-12) / np.float32(_WEIGHT_MAX)).astype(jnp.float32).astype(jnp.float64)
    return scale, jnp.clip(_away(kernel.astype(jnp.float64) / scale), -_WEIGHT_MAX, _WEIGHT_MAX)


def _rows(value: _Value, q: jax.Array, real: jax.Array, parameters: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Of rows q and real [M, K] times a kernel [K, N]: integer sums, their scales [N], and the float counterpart with a gradient."""
    kernel, bias = parameters
    scale, integers = jax.tree_util.tree_map(jax.lax.stop_gradient, _quantized_kernel(kernel))
    through = kernel + jax.lax.stop_gradient((integers * scale).astype(jnp.float32) - kernel)
    scales = scale * value.scale
    biases = jax.lax.stop_gradient(_away(bias.astype(jnp.float64) / scales))
    sums = jax.lax.stop_gradient(q - value.zero_point) @ integers + biases
    return sums, scales, exact.dense(real, through, bias)


def _dense(value: _Value, parameters: tuple[jax.Array, ...], activation: str, grid: jax.Array) -> _Value:
    shape = (*value.q.shape[:-1], parameters[0].shape[-1])
    q, real = (array.reshape(-1, array.shape[-1]) for array in (value.q, value.real))
    sums, scales, smooth = _rows(value, q, real, parameters)
    rescaled = _away(sums * (scales / grid[0]))
    return _output(rescaled.reshape(shape), smooth.reshape(shape), grid, activation)


def _convolution(value: _Value, parameters: tuple[jax.Array, ...], layer: spec_module.Conv1D, grid: jax.Array) -> _Value:
    kernel, bias = parameters
    patches = lambda array, fill: exact.patches(array, kernel.shape[0], layer.stride, fill)  # noqa: E731
    q, real = patches(value.q, value.zero_point), patches(value.real, 0)
    shape = (*q.shape[:2], kernel.shape[2])
    flat = (kernel.reshape(-1, kernel.shape[2]), bias)
    sums, scales, smooth = _rows(value, q.reshape(-1, q.shape[2]), real.reshape(-1, real.shape[2]), flat)
    rescaled = _twice(sums, scales / grid[0])
    return _output(rescaled.reshape(shape), smooth.reshape(shape), grid, layer.activation)


def _square(value: _Value, grid: jax.Array) -> _Value:
    centred = jax.lax.stop_gradient(value.q - value.zero_point)
    factor = value.scale * value.scale / grid[0]
    return _output(_twice(centred * centred, factor), value.real * value.real, grid, "linear")


def _away(x: jax.Array) -> jax.Array:
    """Rounded to integers, halves away from zero."""
    return jnp.copysign(jnp.floor(jnp.abs(x) + 0.5), x)


def _twice(sums: jax.Array, factor: jax.Array) -> jax.Array:
    """sums times factor below 1 as TFLite's MultiplyByQuantizedMultiplier: a 31-bit product rounded to integers, then the shift."""
    mantissa, exponent = jnp.frexp(factor)
    value = jnp.floor(mantissa * 2.0 ** 31 + 0.5).astype(jnp.int64)
    product = sums.astype(jnp.int64) * value
    nudged = product + jnp.where(product >= 0, 1 << 30, 1 - (1 << 30))
    high = jnp.sign(nudged) * (jnp.abs(nudged) >> 31)  # cut towards zero
    shift = jnp.maximum(-exponent, 0).astype(jnp.int64)
    half = (jnp.int64(1) << shift) >> 1
    return (jnp.sign(high) * ((jnp.abs(high) + half) >> shift)).astype(jnp.float64)
