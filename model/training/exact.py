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

# A float64 holds integers up to 2^53 exactly; a float32 has 24 significant bits, so more would be idle.
_SUM_BITS = 53
_OPERAND_BITS_MAX = 24
# Below this an operand would lose more than training tolerates; a sum this long (2^25) is a mistake.
_OPERAND_BITS_MIN = 14


def operand_bits(terms: int) -> int:
    """Bits of each operand such that a sum of `terms` products stays below 2^53."""
    bits = min(_OPERAND_BITS_MAX, (_SUM_BITS - (terms - 1).bit_length()) // 2)
    if bits < _OPERAND_BITS_MIN:
        raise ValueError(f"exact.dot: sum too long; got {terms} terms, want at most {2 ** (_SUM_BITS - 2 * _OPERAND_BITS_MIN)}")
    return bits


@jax.custom_vjp
def dot(a: jax.Array, b: jax.Array) -> jax.Array:
    """The matrix product of a [M, K] and b [K, N], float32 [M, N]; each operand is rounded relative to its own maximum."""
    bits = operand_bits(a.shape[1])
    (a_integers, a_scale), (b_integers, b_scale) = _fixed_point(a, bits), _fixed_point(b, bits)
    return ((a_integers @ b_integers) / (a_scale * b_scale)).astype(jnp.float32)


def _fixed_point(values: jax.Array, bits: int) -> tuple[jax.Array, jax.Array]:
    """`values` as integers of at most `bits` bits in float64, and the power of two that scaled them."""
    # frexp is exact where log2 would round: the largest magnitude lies in [2^(exponent-1), 2^exponent).
    _, exponent = jnp.frexp(jnp.maximum(jnp.max(jnp.abs(values)), jnp.float32(1e-30)))
    scale = jnp.ldexp(jnp.float64(1), bits - exponent)
    return jnp.round(values.astype(jnp.float64) * scale), scale


def _dot_forward(a: jax.Array, b: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return dot(a, b), (a, b)


def _dot_backward(operands: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    a, b = operands
    return dot(gradient, b.T), dot(a.T, gradient)


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
