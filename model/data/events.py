"""How the fundamental's level moves inside a window: sags, swells, interruptions and what they turn into.

Purpose: `draw` gives the course of a window: level, phase jump, where the line is dead. Magnitudes and durations: IEEE 1159-2019, table 2;
phase jumps: Bollen, "Understanding power quality problems", IEEE Press 2000, chapter 4; slow recoveries: motors that speed up again (ibid.);
evolving faults: one level after another. Units: pu, nominal cycles, turns. Arrays [N, M]: N windows, M instants.
"""

import dataclasses

import numpy as np

from model.data.portable import exp
from model.spec import Ranges

KINDS = ("interruption", "sag", "swell", "transient", "harmonics", "normal")
_COVERS, _BEGINS, _ENDS, _SHORT, _EVOLVES, _RAMPS = range(6)
_SHAPE_SHARES = (0.38, 0.18, 0.18, 0.1, 0.1, 0.06)
# IEEE 1159-2019, table 2: sags, swells and interruptions last half a cycle or more.
_SHORTEST_CYCLES = 0.5
# Below this a segment's line counts as dead: it may ring.
_DEAD_PU = 0.1
# Time constants of the change from one level to the next: most faults jump, some recover slowly.
_SLOW_FRACTION = 0.3


@dataclasses.dataclass(frozen=True)
class Course:
    """`level_pu` of the fundamental, [N, M]; `phase_jump_turns` [N, M]; `dead` in 0..1, where the source is gone; `depth_pu`, how far the
    level lies below 1; `decay`, 1 at the event's beginning and falling as a fault current's offset does, 0 before it; `changes` [N],
    whether an event begins, ends or evolves inside the window."""

    level_pu: np.ndarray
    phase_jump_turns: np.ndarray
    dead: np.ndarray
    depth_pu: np.ndarray
    decay: np.ndarray
    changes: np.ndarray


def draw(ranges: Ranges, kind: np.ndarray, amplitude: np.ndarray, time_cycles: np.ndarray, rng: np.random.Generator) -> Course:
    """The courses of windows of `kind` [N, 1] (into KINDS) with `amplitude` [N, 1] in pu outside the event, at `time_cycles` [M]."""
    count, time_cycles = len(kind), time_cycles[None, :]
    column = lambda low, high: rng.uniform(low, high, size=(count, 1))  # noqa: E731
    levels = [column(*bounds) for bounds in (ranges.interruption_level_pu, ranges.sag_level_pu, ranges.swell_level_pu)]
    is_event = kind < len(levels)
    level = np.select([kind == index for index in range(len(levels))], levels, amplitude)
    other_kind = rng.integers(4, size=(count, 1))
    other = np.select([other_kind == index for index in range(len(levels))],
                      [column(*bounds) for bounds in (ranges.interruption_level_pu, ranges.sag_level_pu, ranges.swell_level_pu)], amplitude)
    shape = rng.choice(len(_SHAPE_SHARES), p=_SHAPE_SHARES, size=(count, 1))
    healthy_first = (shape == _BEGINS) | (shape == _SHORT)
    healthy_after = (shape == _ENDS) | (shape == _SHORT)
    before = np.where(healthy_first & is_event, amplitude, level)
    after = np.where(healthy_after & is_event, amplitude, np.where(((shape == _EVOLVES) | (shape == _RAMPS)) & is_event, other, level))
    first = np.where(shape == _COVERS, 0.0, column(0, 1))
    second = np.where(shape == _SHORT, first + column(_SHORTEST_CYCLES, 1), first)
    constant = np.where(rng.random((count, 1)) < _SLOW_FRACTION, column(0.02, 0.5), 1e-3)

    blend = lambda start: 1 - exp(-np.minimum(np.maximum(time_cycles - start, 0) / constant, 50))  # noqa: E731
    to_level, to_after = blend(first), blend(second)
    course = np.where(shape == _RAMPS, level + (after - level) * time_cycles,
                      np.where(shape == _SHORT, before + (level - before) * to_level + (after - level) * to_after,
                               np.where(healthy_first, before + (level - before) * to_level, before + (after - before) * to_after)))
    course = np.where(is_event, course, amplitude)
    jumps = column(*ranges.phase_jump_turns) * (rng.random((count, 1)) < 0.5) * (is_event & (shape != _COVERS))
    inside = time_cycles >= np.where(shape == _COVERS, column(-3, 0), first)
    since = np.maximum(time_cycles - np.where(shape == _COVERS, column(-3, 0), first), 0)
    return Course(course, jumps * (time_cycles >= first), 1.0 * ((course < _DEAD_PU) & is_event), np.maximum(1 - course, 0) * is_event,
                  inside * exp(-np.minimum(since / column(0.2, 3), 50)), (is_event & (shape != _COVERS))[:, 0])
