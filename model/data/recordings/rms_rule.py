"""The RMS rule of IEC 61000-4-30: what an instrument calls sag, swell and interruption, without a network.

Purpose: `states` labels each window by its one-cycle RMS with hysteresis; `events` joins them to events per phase; `polyphase` to those of
a system. Thresholds 0.9, 1.1 and 0.1 pu, hysteresis 0.02 pu (IEC 61000-4-30:2015, 5.4.2 and 5.5). An event of a sag that runs into an
interruption, or out of one, is one interruption. Units: pu, samples of the model's grid.
"""

import dataclasses

import numpy as np

from model.data.disturbances import fundamental
from model.data.labels import INTERRUPTION_BELOW_PU, RINGING_BELOW_SHARE, SAG_BELOW_PU, SWELL_ABOVE_PU

HYSTERESIS_PU = 0.02
NORMAL, SAG, SWELL, INTERRUPTION = range(4)
NAMES = ("normal", "sag", "swell", "interruption")


@dataclasses.dataclass(frozen=True)
class Event:
    """Windows `start` to before `end` of one phase (or a system); `residual_pu` is the lowest RMS, of a swell the highest."""

    kind: int
    start: int
    end: int
    residual_pu: float


def one_cycle_rms(values: np.ndarray, samples_per_cycle: int, hop: int = 1) -> np.ndarray:
    """RMS of each window of one cycle of values [K], `hop` samples from one to the next, [N]."""
    squares = np.concatenate([[0.0], np.cumsum(values * values)])
    sums = squares[samples_per_cycle:] - squares[:-samples_per_cycle]
    return np.sqrt(np.maximum(sums[::hop], 0) / samples_per_cycle)


def states(rms_pu: np.ndarray) -> np.ndarray:
    """The state of each window, int [N]: NORMAL, SAG, SWELL or INTERRUPTION; leaves a state only beyond the hysteresis."""
    found, state = np.empty(len(rms_pu), np.int64), NORMAL
    for index, value in enumerate(rms_pu):
        state = step(state, value)
        found[index] = state
    return found


def step(state: int, rms_pu: float) -> int:
    """The state after a window of `rms_pu`."""
    if rms_pu < INTERRUPTION_BELOW_PU + (HYSTERESIS_PU if state == INTERRUPTION else 0):
        return INTERRUPTION
    if rms_pu < SAG_BELOW_PU + (HYSTERESIS_PU if state in (SAG, INTERRUPTION) else 0):
        return SAG
    if rms_pu > SWELL_ABOVE_PU - (HYSTERESIS_PU if state == SWELL else 0):
        return SWELL
    return NORMAL


def is_near(rms_pu: np.ndarray) -> np.ndarray:
    """Whether the RMS is within the hysteresis of a threshold, bool as `rms_pu`."""
    thresholds = np.array([INTERRUPTION_BELOW_PU, SAG_BELOW_PU, SWELL_ABOVE_PU])
    return np.min(np.abs(rms_pu[..., None] - thresholds), axis=-1) < HYSTERESIS_PU


def rings(windows: np.ndarray, rms_pu: np.ndarray) -> np.ndarray:
    """Whether windows [N, samples] of one cycle ring: RMS of a sag, but the fundamental has less than half of its square, bool [N]."""
    sags = (rms_pu >= INTERRUPTION_BELOW_PU) & (rms_pu < SAG_BELOW_PU)
    return sags & (fundamental(windows) ** 2 < RINGING_BELOW_SHARE * rms_pu ** 2)


def events(found: np.ndarray, rms_pu: np.ndarray) -> tuple[Event, ...]:
    """The events of one phase from its `states` and RMS, both [N]."""
    grouped = np.where(found == INTERRUPTION, SAG, found)
    edges = np.flatnonzero(np.diff(np.concatenate([[NORMAL], grouped, [NORMAL]])))
    result = []
    for start, end in zip(edges[:-1], edges[1:]):
        kind = int(grouped[start])
        if kind == NORMAL:
            continue
        part = rms_pu[start:end]
        if kind == SAG and np.any(found[start:end] == INTERRUPTION):
            kind = INTERRUPTION
        result.append(Event(kind, int(start), int(end), float(part.max() if kind == SWELL else part.min())))
    return tuple(result)


def polyphase(rms_pu: np.ndarray) -> tuple[Event, ...]:
    """The events of a system with RMS [phases, N]: begins when any phase leaves its limits, ends when all are back; a sag counts as an
    interruption when all phases are below its threshold (IEC 61000-4-30:2015, 5.5.1)."""
    lowest, highest = rms_pu.min(axis=0), rms_pu.max(axis=0)
    low = np.isin(states(lowest), (SAG, INTERRUPTION))
    dips = events(np.select([states(highest) == INTERRUPTION, low], [INTERRUPTION, SAG], NORMAL), lowest)
    swells = events(np.where(states(highest) == SWELL, SWELL, NORMAL), highest)
    return tuple(sorted((*dips, *swells), key=lambda event: event.start))
