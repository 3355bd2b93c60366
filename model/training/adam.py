"""Adam with a cosine schedule, elementwise only.

Purpose: the update of Kingma and Ba, "Adam", ICLR 2015, algorithm 1, and the schedule of Loshchilov and Hutter, "SGDR", ICLR
2017, without restarts. Why not Keras's optimizer: it raises the decay rates to the step on the device, and a power is no
operation with the same bits on every CPU; here the powers are running products on the host.
"""

import dataclasses
import functools

from model.training.network import Weights  # before jax: it pins XLA

import jax
import jax.numpy as jnp
import numpy as np

from model.data.portable import cos_turns

_DECAY_MEAN, _DECAY_SQUARE, _EPSILON = 0.9, 0.999, 1e-7


@functools.partial(jax.tree_util.register_dataclass, data_fields=["mean", "square", "taken"], meta_fields=[])
@dataclasses.dataclass(frozen=True)
class Moments:
    """Running means of the gradients and of their squares, each shaped as the weights, and the steps taken so far, int32."""

    mean: Weights
    square: Weights
    taken: jax.Array


def initial_moments(weights: Weights) -> Moments:
    """Moments of zero."""
    zeros = jax.tree_util.tree_map(jnp.zeros_like, weights)
    return Moments(zeros, zeros, jnp.int32(0))


def schedule(learning_rate: float, steps: int) -> jax.Array:
    """What each update of a training needs, float32 [steps, 3]: the rate, which falls from `learning_rate` to 0 along half a cosine, and
    the weights of the two moments at step t, 1 - decay^t."""
    rates = learning_rate * (0.5 + 0.5 * cos_turns(0.5 * np.arange(steps) / steps))
    mean, square, planned = 1.0, 1.0, []
    for rate in rates:
        mean, square = mean * _DECAY_MEAN, square * _DECAY_SQUARE
        planned.append((rate, 1 - mean, 1 - square))
    return jnp.asarray(planned, jnp.float32)


def update(weights: Weights, moments: Moments, gradients: Weights, planned: jax.Array) -> tuple[Weights, Moments]:
    """The weights and moments after the next step of those that `schedule` planned."""
    rate, mean_correction, square_correction = planned[moments.taken]
    blend = lambda decay: lambda old, new: decay * old + (1 - decay) * new  # noqa: E731
    mean = jax.tree_util.tree_map(blend(_DECAY_MEAN), moments.mean, gradients)
    square = jax.tree_util.tree_map(
        blend(_DECAY_SQUARE), moments.square, jax.tree_util.tree_map(lambda g: g * g, gradients))
    moved = jax.tree_util.tree_map(
        lambda w, m, s: w - rate * (m / mean_correction) / (jnp.sqrt(s / square_correction) + _EPSILON),
        weights, mean, square)
    return moved, Moments(mean, square, moments.taken + 1)
