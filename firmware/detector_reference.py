"""What the streaming detector of firmware/detector.c has to find, in NumPy and plain integers.

Purpose: `detect(codes, classes)` gives the events of a signal; the firmware must give the very same ones. Events of the RMS follow from
model/data/recordings/rms_rule.py on the codes; transients and harmonics from the network's classes and from the cycle before.
Units: codes of 1/512 pu (12 bits, +-4 pu), samples of the model's grid, 128 per cycle. Non-goals: speed; running the network.
"""

import dataclasses

import numpy as np

from firmware.protocol import HOP, HOP_CHANNELS
from firmware.windows import CODES_PER_PU
from model.data.recordings import rms_rule

CYCLE = 128
SYSTEM = HOP_CHANNELS  # the channel of polyphase events

# A deviation from the cycle before counts from 0.1 pu, and from eight times the RMS of the deviations before.
_DEVIATION = 51
_DEVIATIONS_SQUARED = 64
_MEMORY = 256  # samples over which the RMS of the deviations is taken
_WARM_UP = CYCLE // 4  # deviations, before their RMS says something
_VERDICT = CYCLE + CYCLE // 2  # a transient is decided on so long after it began: then the cycle after it has passed, too
_TRANSIENT_MAX = 96
_DECAY = 4  # in its second half the squares of a transient's deviations are less than in its first by this; else it is another voltage
_HOPS_MIN = 4  # in which the network says so, where no deviation does
_HARMONICS_MIN = 3 * CYCLE
_QUIET = CYCLE  # after an event of the RMS, whose edges look like anything


@dataclasses.dataclass(frozen=True)
class Event:
    """Of channel 0 to 2 (phases) or SYSTEM; `kind` is a class's name; `start` is the first sample of it, `end` the first after it, or
    None while it lasts; `residual` in 1/4096 pu, the lowest one-cycle RMS, of a swell the highest, of a shape 0."""

    channel: int
    kind: str
    start: int
    end: int | None
    residual: int


def detect(codes: np.ndarray, classes: np.ndarray) -> set[Event]:
    """The events of codes int16 [3, N], N a multiple of HOP; `classes` [3, N // HOP] are the names that the network gives to the windows
    which end with each hop (any name before the first whole cycle)."""
    sums = _square_sums(codes)
    rms = np.sqrt(sums / CYCLE) / CODES_PER_PU
    found = {event for phase, row in enumerate(rms) for event in _rms_events(phase, rms_rule.events(rms_rule.states(row), row), sums[phase])}
    lowest, highest = sums.min(axis=0), sums.max(axis=0)
    for event in rms_rule.polyphase(rms):
        found.update(_rms_events(SYSTEM, (event,), highest if event.kind == rms_rule.SWELL else lowest))
    for phase, row in enumerate(rms):
        states = np.concatenate([np.zeros(CYCLE - 1, np.int64), rms_rule.states(row)])
        found.update(_Shapes(phase).detect(codes[phase].astype(np.int64), states, classes[phase]))
    return found


def _square_sums(codes: np.ndarray) -> np.ndarray:
    """Of each whole cycle, int64 [3, N - CYCLE + 1]."""
    squares = np.cumsum(np.pad(codes.astype(np.int64) ** 2, ((0, 0), (1, 0))), axis=1)
    return squares[:, CYCLE:] - squares[:, :-CYCLE]


def _rms_events(channel: int, events: tuple[rms_rule.Event, ...], sums: np.ndarray) -> list[Event]:
    """Events on the detector's clock: a window counts at its last sample."""
    result = []
    for event in events:
        part = sums[event.start:event.end]
        extreme = int(part.max() if event.kind == rms_rule.SWELL else part.min())
        end = None if event.end == len(sums) else event.end + CYCLE - 1
        # 128 squares of 1/512 pu, so that the root of half their sum is in 1/4096 pu.
        result.append(Event(channel, rms_rule.NAMES[event.kind], event.start + CYCLE - 1, end, int(np.sqrt(extreme // 2))))
    return result


class _Shapes:
    """Transients and harmonics of one phase, sample by sample."""

    def __init__(self, phase: int) -> None:
        self._phase = phase
        self._found: list[Event] = []
        self._transient: int | None = None  # where the candidate starts
        self._transient_end = self._hops = self._early = self._late = 0
        self._deviated = False
        self._harmonics: int | None = None
        self._harmonics_end = 0

    def detect(self, codes: np.ndarray, states: np.ndarray, classes: np.ndarray) -> list[Event]:
        """The events of codes [N] with `states` of the RMS [N] and classes of the hops [N // HOP]."""
        quiet_from, deviations, seen = CYCLE + _WARM_UP, 0, 0
        for now in range(CYCLE, len(codes)):
            deviation = min(abs(int(codes[now] - codes[now - CYCLE])), 4095)
            square = deviation ** 2
            deviates = deviation >= _DEVIATION and square * seen // _DEVIATIONS_SQUARED > deviations
            if seen < _MEMORY:
                seen, deviations = seen + 1, deviations + square
            else:
                deviations += square - deviations // _MEMORY
            if states[now] != rms_rule.NORMAL:
                quiet_from = now + _QUIET
                self._transient = None
                self._end_harmonics()
            if self._transient is not None and now - self._transient >= _VERDICT:
                self._end_transient()
            if now < quiet_from:
                deviates = False
            if deviates:
                self._begin_transient(now, now + 1)
                self._deviated = True
            if self._transient is not None:
                self._follow_transient(now, square, deviates)
            if (now + 1) % HOP == 0 and now >= quiet_from:
                self._see_class(now, classes[now // HOP])
        if self._harmonics is not None and self._harmonics_end - self._harmonics >= _HARMONICS_MIN:
            self._found.append(Event(self._phase, "harmonics", self._harmonics, None, 0))
        return self._found

    def _begin_transient(self, start: int, end: int) -> None:
        if self._transient is None:
            self._transient, self._transient_end, self._hops, self._early, self._late, self._deviated = start, end, 0, 0, 0, False

    def _follow_transient(self, now: int, square: int, deviates: bool) -> None:
        age = now - self._transient
        if age < _TRANSIENT_MAX // 2:
            self._early += square
        elif age < _TRANSIENT_MAX:
            self._late += square
        if deviates and age < _TRANSIENT_MAX:
            self._transient_end = max(self._transient_end, now + 1)

    def _see_class(self, now: int, name: str) -> None:
        if name == "transient":
            self._begin_transient(now + 1 - HOP, now + 1)
            self._hops += 1
        if name == "harmonics":
            if self._harmonics is None:
                self._harmonics = now + 1 - CYCLE
            self._harmonics_end = now + 1
        elif self._harmonics is not None and now + 1 - self._harmonics_end >= CYCLE:
            self._end_harmonics()

    def _end_transient(self) -> None:
        if (self._deviated or self._hops >= _HOPS_MIN) and self._late <= self._early // _DECAY:
            self._found.append(Event(self._phase, "transient", self._transient, self._transient_end, 0))
        self._transient = None

    def _end_harmonics(self) -> None:
        if self._harmonics is not None and self._harmonics_end - self._harmonics >= _HARMONICS_MIN:
            self._found.append(Event(self._phase, "harmonics", self._harmonics, self._harmonics_end, 0))
        self._harmonics = None
