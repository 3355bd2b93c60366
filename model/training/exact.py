"""Dots and convolutions whose bits do not depend on the machine.

Purpose: the only products with sums in training. Each operand is scaled by a power of two to integers (block fixed point),
multiplied in float64 and scaled back. While every partial sum is an integer below 2^53, neither the order of summation nor a
fused multiply-add nor the number of threads can change a bit. Gradients use the same dot.
Inputs and outputs: float32 JAX arrays. Importing this module pins XLA's instruction set (elementwise functions such as exp
differ between SSE4.2 and AVX code) and must happen before JAX computes anything.
Trap: XLA rewrites a multiplication followed by a sum to a dot of its own, so callers must not write one.
"""

import os
import sys

_FLAGS = "--xla_cpu_max_isa=SSE4_2 --xla_cpu_multi_thread_eigen=false"
if "jax" in sys.modules and _FLAGS not in os.environ.get("XLA_FLAGS", ""):
    raise ImportError("model.training.exact: JAX was imported first; got unpinned XLA, want exact imported before jax")
os.environ["XLA_FLAGS"] = _FLAGS
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["KERAS_BACKEND"] = "jax"

import jax  # noqa: E402 (after the environment, on purpose)
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

# A float64 holds integers up to 2^53 exactly; a float32 has 24 significant bits, so more would be idle.
_SUM_BITS = 53
_OPERAND_BITS_MAX = 24
# Below this an operand would lose more than training tolerates; a sum this long (2^25) is a mistake.
_OPERAND_BITS_MIN = 14
# The bits of 1e-30: an operand of zeros has a scale too.
_TINY = int(np.float32(1e-30).view(np.int32))


def operand_bits(terms: int) -> int:
    """Bits of each operand such that a sum of `terms` products stays below 2^53."""
    bits = min(_OPERAND_BITS_MAX, (_SUM_BITS - (terms - 1).bit_length()) // 2)
    if bits < _OPERAND_BITS_MIN:
        raise ValueError(f"exact.dot: sum too long; got {terms} terms, want at most {2 ** (_SUM_BITS - 2 * _OPERAND_BITS_MIN)}")
    return bits


@jax.custom_vjp
def dot(a: jax.Array, b: jax.Array) -> jax.Array:
    """The matrix product of a [M, K] and b [K, N], float32 [M, N]; each operand is rounded relative to its own maximum."""
    return _product(a, b, _exponent(a), _exponent(b))


def _product(a: jax.Array, b: jax.Array, a_exponent: jax.Array, b_exponent: jax.Array) -> jax.Array:
    bits = operand_bits(a.shape[1])
    sums = _integers(a, bits - a_exponent) @ _integers(b, bits - b_exponent)
    return (sums * _power_of_two(a_exponent + b_exponent - 2 * bits)).astype(jnp.float32)


def _exponent(values: jax.Array) -> jax.Array:
    """The least e with all |values| < 2^e, int32: the exponent of the largest one, from its bits."""
    magnitude = jax.lax.bitcast_convert_type(jnp.maximum(jnp.max(values), -jnp.min(values)), jnp.int32)
    return (jnp.maximum(magnitude, _TINY) >> 23) - 126


def _integers(values: jax.Array, shift: jax.Array) -> jax.Array:
    """`values` times 2^shift, rounded to integers, in float64."""
    return jnp.round(values.astype(jnp.float64) * _power_of_two(shift))


def _power_of_two(exponent: jax.Array) -> jax.Array:
    """In float64, from its bits: XLA's ldexp calls pow."""
    return jax.lax.bitcast_convert_type((exponent.astype(jnp.int64) + 1023) << 52, jnp.float64)


def _dot_forward(a: jax.Array, b: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    exponents = _exponent(a), _exponent(b)
    return _product(a, b, *exponents), (a, b, *exponents)


def _dot_backward(operands: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    a, b, a_exponent, b_exponent = operands
    exponent = _exponent(gradient)
    return _product(gradient, b.T, exponent, b_exponent), _product(a.T, gradient, a_exponent, exponent)


dot.defvjp(_dot_forward, _dot_backward)


@jax.custom_vjp
def add_bias(x: jax.Array, bias: jax.Array) -> jax.Array:
    """x [M, N] plus bias [N]; the gradient of the bias is an exact sum."""
    return x + bias


add_bias.defvjp(lambda x, bias: (x + bias, None),
                lambda _, gradient: (gradient, dot(jnp.ones((1, len(gradient)), jnp.float32), gradient)[0]))


def dense(x: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """A fully connected layer: x [N, K], kernel [K, units], bias [units] -> [N, units]."""
    return add_bias(dot(x, kernel), bias)


def conv1d(x: jax.Array, kernel: jax.Array, bias: jax.Array, stride: int) -> jax.Array:
    """A convolution over time, padding 'same' as Keras has it: x [N, L, C], kernel [K, C, F], bias [F] -> [N, ceil(L/stride), F].
    """
    taps, channels, filters = kernel.shape
    seen = patches(x, taps, stride)
    flat = dense(seen.reshape(-1, taps * channels), kernel.reshape(taps * channels, filters), bias)
    return flat.reshape(*seen.shape[:2], filters)


def patches(x: jax.Array, taps: int, stride: int, fill: float = 0) -> jax.Array:
    """What each output of such a convolution sees, [N, ceil(L/stride), taps * C]; `fill` beyond the ends."""
    count, length, channels = x.shape
    steps = -(-length // stride)
    if taps == stride and length % stride == 0:
        return x.reshape(count, steps, taps * channels)  # without overlap they are the samples themselves: no copies
    padding = max((steps - 1) * stride + taps - length, 0)
    padded = jnp.pad(x, ((0, 0), (padding // 2, padding - padding // 2), (0, 0)), constant_values=fill)
    return jnp.concatenate([padded[:, tap:tap + (steps - 1) * stride + 1:stride] for tap in range(taps)], axis=-1)
