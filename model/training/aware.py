"""Quantization-aware training: a float network whose int8 form is as good as it can be made.

Purpose: `fine_tune` takes a trained float network, finds the ranges of its tensors and trains on through the int8 arithmetic
(integer.py), so that weights move to where rounding and saturation do least harm.
Ranges begin as those of the training windows. Each is then narrowed to the share that gives the least loss, one tensor after the other:
rare extremes saturate, and all other values get finer steps. As weights move, ranges are searched again around where they are.
Everything looks at the training part only; the validation part picks the epoch, as in train.py.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterable

import numpy as np

from model import spec as spec_module
from model.data import dataset as dataset_module
from model.training import adam, batches, integer, network  # before jax: they pin XLA

import jax
import jax.numpy as jnp

# Shares of the range that are tried, at first and later, each time twice over all tensors.
_SHARES = (1.0, 0.85, 0.7, 0.55, 0.4, 0.3, 0.2, 0.14, 0.1, 0.07)
_NEAR_SHARES = (1.0, 0.7, 0.8, 0.9, 1.12, 1.25, 1.4)
_PASSES = 2
_SEARCHES = 4
_SEARCH_BATCHES = 32  # whole chunks: how many batches a call takes must not choose the weights


@dataclasses.dataclass(frozen=True)
class Tuned:
    """Weights on int8 steps, the ranges of the input and of each layer that computes, and the validation accuracy of the int8 network:
    `post_training` with the float weights and whole ranges, `aware` after this training."""

    weights: network.Weights
    ranges: tuple[integer.Range, ...]
    post_training: float
    aware: float


def calibrated(layers: network.Layers, weights: network.Weights, x: np.ndarray) -> tuple[integer.Range, ...]:
    """The ranges of the input and of each layer that computes, over windows x."""
    values = network.activations(layers, weights, x)
    return tuple(integer.Range(float(np.min(value)), float(np.max(value)))
                 for value in (x, *(value for layer, value in zip(layers, values) if integer.computes(layer))))


def fine_tune(layers: network.Layers, weights: network.Weights, data: dataset_module.Dataset, training: spec_module.Training,
              settings: spec_module.Quantization, epoch_chunks: Callable[[], Iterable[batches.Chunk]]) -> Tuned:
    """The network after quantization-aware training; `epoch_chunks()` yields the training windows of an epoch."""
    whole = calibrated(layers, weights, data.train.x[:settings.calibration_windows])
    loss, advance, accuracy = _compile(layers, training.label_smoothing)
    post_training = accuracy(weights, integer.steps(whole), data.validation)
    searched = tuple(map(np.concatenate, zip(*(chunk.windows for chunk in itertools.islice(epoch_chunks(), _SEARCH_BATCHES // batches.BATCHES)))))
    search = lambda weights, ranges, shares: _narrowed(  # noqa: E731
        ranges, shares, lambda candidate: float(loss(weights, integer.steps(candidate), *searched)))
    ranges = search(weights, whole, _SHARES)
    moments, epochs = adam.initial_moments(weights), settings.aware.epochs
    planned = adam.schedule(settings.aware.learning_rate, epochs * (len(data.train.x) // training.batch))
    best = Tuned(integer.snapped(layers, weights), ranges, post_training, accuracy(weights, integer.steps(ranges), data.validation))
    print(f"int8: validation accuracy {post_training:.4f} with whole ranges, {best.aware:.4f} with narrowed ones", flush=True)
    for epoch in range(epochs):
        # The last search leaves a part of the epochs to weights alone.
        if epoch and epoch * (_SEARCHES + 1) // epochs != (epoch - 1) * (_SEARCHES + 1) // epochs:
            ranges = search(weights, ranges, _NEAR_SHARES)
        grid = integer.steps(ranges)
        for chunk in epoch_chunks():
            weights, moments = advance(weights, moments, grid, planned, chunk)
        found = accuracy(weights, grid, data.validation)
        print(f"quantization-aware epoch {epoch + 1}/{epochs}: int8 validation accuracy {found:.4f}", flush=True)
        if found > best.aware:
            best = Tuned(integer.snapped(layers, weights), ranges, post_training, found)
    return best


def _narrowed(ranges: tuple[integer.Range, ...], shares: tuple[float, ...],
              loss: Callable[[tuple[integer.Range, ...]], float]) -> tuple[integer.Range, ...]:
    """The ranges, each but the input's narrowed to the share with the least `loss` of all of them."""
    whole, found = ranges, list(ranges)
    least = loss(tuple(found))
    for _ in range(_PASSES):
        for index in range(1, len(whole)):
            for share in shares:
                candidate = integer.Range(whole[index].low * share, whole[index].high * share)
                tried = [*found[:index], candidate, *found[index + 1:]]
                value = loss(tuple(tried))
                if value < least:
                    least, found = value, tried
    return tuple(found)


def _compile(layers: network.Layers, smoothing: float) -> tuple:
    """The loss of the int8 network, the steps of its training, and its accuracy on a part."""

    @jax.jit
    def loss(weights, grid, x, y):
        return network.cross_entropy(integer.logits(layers, weights, grid, x), y, smoothing)

    @jax.jit
    def advance(weights, moments, grid, planned, chunk):
        step = lambda state, x, y: adam.update(*state, jax.grad(loss)(state[0], grid, x, y), planned)  # noqa: E731
        return batches.fold(step, (weights, moments), chunk)

    @jax.jit
    def hits(weights, grid, x, y):
        return jnp.mean(jnp.argmax(integer.int8_logits(layers, weights, grid, x), axis=1) == y)

    def accuracy(weights: network.Weights, grid: np.ndarray, part: dataset_module.Part) -> float:
        return float(hits(weights, grid, part.x, part.y))

    return loss, advance, accuracy

