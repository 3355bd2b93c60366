"""Packs bodies of rectangles (bytes by time) into as little memory as it can find: first fit in many orders.

Inputs: Bodies, each a set of Rects whose distances in memory are fixed. Outputs: the address of each body's byte 0.
Deterministic: the search draws from a generator with a fixed seed and counts its work, not the time. Non-goals: proof.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

_WORK = 5_000_000  # Rectangle comparisons, or what takes as long; about a second.
_PLACING = 300  # What placing a body takes beside its comparisons.
_STALE = 400  # Orders without a better packing before the search ends.


@dataclass(frozen=True)
class Rect:
    """Bytes `start` to `end` of its body (exclusive), in use from time `first` to `last` (inclusive)."""

    start: int
    end: int
    first: int
    last: int


Body = tuple[Rect, ...]


def lower_bound(bodies: Sequence[Body], alignment: int = 1) -> int:
    """Returns the most bytes that are in use at one time, each run of them rounded to `alignment`: no packing takes less."""
    rects = sorted((rect.start // alignment * alignment, _up(rect.end, alignment), rect.first, rect.last, index)
                   for index, body in enumerate(bodies) for rect in body)
    if not rects:
        return 0
    table = np.array(rects, np.int64)
    return max(_covered(table[(table[:, 2] <= time) & (time <= table[:, 3])]) for time in np.unique(table[:, 2]))


def _covered(alive: np.ndarray) -> int:
    """Returns how many bytes the rectangles take, which are sorted; those of several in one body count once."""
    total, ends = 0, {}
    for start, end, _, _, body in alive.tolist():
        known = ends.get(body, start)
        total += max(0, end - max(start, known))
        ends[body] = max(end, known)
    return total


def pack(bodies: Sequence[Body], alignment: int) -> list[int]:
    """Returns the addresses, multiples of `alignment` where the body's byte 0 lies; no byte is below address 0."""
    bound = lower_bound(bodies, alignment)
    shapes = [np.array([(rect.start, rect.end, rect.first, rect.last) for rect in body], np.int64) for body in bodies]
    rects = max(1, sum(len(body) for body in bodies))
    best, best_height = [], None
    stale, work = 0, _WORK
    for order in _orders(bodies):
        addresses, height = _first_fit(shapes, order, alignment)
        if best_height is None or height < best_height:
            best, best_height, stale = addresses, height, 0
        stale, work = stale + 1, work - len(bodies) * (rects + _PLACING)
        if best_height <= bound or stale > _STALE or work < 0:
            break
    return best


def _orders(bodies: Sequence[Body]):
    """Yields orders of placement: by size, by area, by life, and then ever other mixtures of them."""
    sizes = [max(rect.end for rect in body) - min(rect.start for rect in body) for body in bodies]
    lives = [max(rect.last for rect in body) - min(rect.first for rect in body) + 1 for body in bodies]
    births = [min(rect.first for rect in body) for body in bodies]
    keys: tuple[Callable[[int], tuple], ...] = (
        lambda index: (-sizes[index], births[index], index),
        lambda index: (-sizes[index] * lives[index], births[index], index),
        lambda index: (-lives[index], -sizes[index], index),
        lambda index: (births[index], -sizes[index], index),
    )
    for key in keys:
        yield sorted(range(len(bodies)), key=key)
    generator = random.Random(1)
    while True:
        weight, spread = generator.random(), generator.choice((0.1, 0.3, 1.0))
        priorities = [size ** 1.0 * life ** weight * 2.0 ** generator.gauss(0, spread) for size, life in zip(sizes, lives)]
        yield sorted(range(len(bodies)), key=lambda index: (-priorities[index], index))


def _first_fit(shapes: list[np.ndarray], order: list[int], alignment: int) -> tuple[list[int], int]:
    placed = np.empty((sum(len(shape) for shape in shapes), 4), np.int64)
    count, height, addresses = 0, 0, [0] * len(shapes)
    for index in order:
        shape = shapes[index]
        address = _lowest(shape, placed[:count], alignment)
        addresses[index] = address
        placed[count:count + len(shape)] = shape + (address, address, 0, 0)
        height = max(height, address + int(shape[:, 1].max()))
        count += len(shape)
    return addresses, height


def _lowest(shape: np.ndarray, placed: np.ndarray, alignment: int) -> int:
    """Returns the lowest address where no rectangle of the shape meets a placed one."""
    address = _up(-int(shape[:, 0].min()), alignment)
    meets = (shape[:, None, 2] <= placed[None, :, 3]) & (placed[None, :, 2] <= shape[:, None, 3])
    rows, columns = np.nonzero(meets)
    low = placed[columns, 0] - shape[rows, 1]  # Between these the two would overlap, both ends exclusive.
    high = placed[columns, 1] - shape[rows, 0]
    for start, end in sorted(zip(low.tolist(), high.tolist())):
        if start < address < end:
            address = _up(end, alignment)
    return address


def _up(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment
