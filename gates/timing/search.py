"""Searches inputs that are slow to classify: paths that depend on data, such as the softmax's or those of saturation.

Method, the same at every run: first inputs of known shapes (constants, square waves, one channel against the others, noise),
then hill climbing: of the slowest inputs known, pilot windows included, pieces are replaced by an extreme, by noise or by the
same piece of another one, and what is slower is kept. Kernels of an int8 network have few such paths, so that a short search
finds most of what there is; a proof of the worst case it is not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

CLIMBING_STEPS = 96
_SEED = 20_001
_PARENTS = 4
_NOISES = 8
_CONSTANTS = (-128, -64, 0, 64, 127)
_PERIODS = (2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Timed:
    """An int8 window, the cycles that its inference took, and where it comes from, ready to print."""

    window: np.ndarray
    cycles: int
    origin: str


def search(cycles_of: Callable[[np.ndarray], int], known: list[Timed]) -> tuple[list[Timed], int]:
    """Slow inputs, the slowest first, and how many inputs were tried.

    Args:
        cycles_of: runs one window, int8 of the shape of the known ones.
        known: inputs that were timed already, at least one.
    """
    shapes = [Timed(window, cycles_of(window), origin) for origin, window in _shapes(known[0].window.shape)]
    pool = _slowest([*known, *shapes])[:_PARENTS]
    rng = np.random.default_rng(_SEED)
    for step in range(CLIMBING_STEPS):
        index = step % len(pool)
        parent = pool[index]
        child = _changed(parent.window, pool[rng.integers(len(pool))].window, rng)
        cycles = cycles_of(child)
        if cycles > parent.cycles:
            pool[index] = Timed(child, cycles, parent.origin.removesuffix(", changed") + ", changed")
    return _slowest(pool), len(shapes) + CLIMBING_STEPS


def _slowest(found: list[Timed]) -> list[Timed]:
    return sorted(found, key=lambda timed: -timed.cycles)


def _shapes(shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
    for value in _CONSTANTS:
        yield f"constant {value}", np.full(shape, value, np.int8)
    position = np.arange(shape[0]).reshape(-1, *(1 for _ in shape[1:]))
    for period in _PERIODS:
        wave = np.where(position % period < period // 2, 127, -128).astype(np.int8)
        yield f"square wave of period {period}", np.broadcast_to(wave, shape)
    for channel in range(min(shape[-1], 4)):
        window = np.full(shape, -128, np.int8)
        window[..., channel] = 127
        yield f"channel {channel} against the others", window
    rng = np.random.default_rng(_SEED)
    for number in range(_NOISES):
        yield f"noise {number}", rng.integers(-128, 128, shape, np.int8)


def _changed(window: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`window` with one piece replaced, of up to a quarter of it."""
    flat, size = window.flatten(), window.size
    length = int(rng.integers(1, max(size // 4, 1) + 1))
    start = int(rng.integers(0, size - length + 1))
    pieces = (
        np.full(length, rng.choice((-128, 127))),
        rng.integers(-128, 128, length),
        other.flatten()[start : start + length],
    )
    flat[start : start + length] = pieces[rng.integers(len(pieces))]
    return flat.reshape(window.shape)
