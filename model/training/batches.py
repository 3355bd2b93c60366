"""The training windows of an epoch: shuffled, augmented, and several batches to a call of XLA.

Purpose: a step of a small network takes a third of a millisecond; to hand over each batch alone would take a fifth more.
Inputs: a part of the data set, the spec's training, a random generator. Outputs: chunks, whose batches `fold` steps through, compiled.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator

import numpy as np

from model import spec as spec_module
from model.data import dataset as dataset_module
from model.training import augment, exact  # noqa: F401 (exact before jax: it pins XLA)

import jax

# Of a chunk. Measured on voltage_event: with 2 an epoch takes a quarter more time, with 16 no less.
BATCHES = 8


@functools.partial(jax.tree_util.register_dataclass, data_fields=["x", "y", "count"], meta_fields=[])
@dataclasses.dataclass(frozen=True)
class Chunk:
    """Windows x float32 [BATCHES, batch, samples, 2] and classes y int32 [BATCHES, batch]; only the first `count` batches are filled, so
    that one compilation serves the last chunk too."""

    x: np.ndarray
    y: np.ndarray
    count: int

    @property
    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """All that is filled, as one batch."""
        x, y = self.x[:self.count], self.y[:self.count]
        return x.reshape(-1, *x.shape[2:]), y.reshape(-1)


def epoch(part: dataset_module.Part, settings: spec_module.Training, rng: np.random.Generator) -> Iterator[Chunk]:
    """The part once, shuffled and augmented; a last short batch is left out."""
    order, noise = rng.permutation(len(part.x)), augment.noise_stretches(rng, part.x[0].size)
    whole = order[:len(order) // settings.batch * settings.batch].reshape(-1, settings.batch)
    for first in range(0, len(whole), BATCHES):
        rows = whole[first:first + BATCHES]
        x = np.zeros((BATCHES, settings.batch, *part.x.shape[1:]), np.float32)
        y = np.zeros((BATCHES, settings.batch), part.y.dtype)
        y[:len(rows)] = part.y[rows]
        for batch, chosen in zip(x, rows):
            augment.augment(part.x[chosen], settings.augmentation, noise, rng, batch)
        yield Chunk(x, y, len(rows))


def fold(step: Callable, state: object, chunk: Chunk) -> object:
    """`state = step(state, x, y)` for each batch of the chunk; to be compiled."""
    return jax.lax.fori_loop(0, chunk.count, lambda index, state: step(state, chunk.x[index], chunk.y[index]), state)
