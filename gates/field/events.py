"""Measures the streaming detector on recordings: its events against those of the RMS rule.

Inputs: framed recordings (model/data/recordings) and a function that gives the detector's events. Outputs: plain figures.
Truth: rms_rule.py on each phase and on the system, sample by sample. An event is found where the detector has one of the same class whose
start and end lie within half a cycle of the rule's and whose residual voltage within 0.02 pu; one that lasts has to last in both. An
event of the detector's RMS that no event of the rule explains is invented. Transients and harmonics, which the rule knows not, are listed.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from firmware.protocol import HOP, HOP_CHANNELS, Event
from firmware.windows import to_codes
from model.data.recordings import rms_rule
from model.data.recordings.framing import Framed

Detect = Callable[[np.ndarray], Sequence[Event]]
"""The detector's events in codes int16 [3, N]."""

RESIDUAL_MAX_PU = 0.02


def measure_events(framed: Sequence[Framed], detect: Detect) -> dict[str, Any]:
    """The measurement over all recordings; samples are those of the model's grid."""
    total = {"rule": 0, "found": 0, "missed": [], "invented": [], "shapes": []}
    for one in framed:
        for first, voltage_pu in _systems(one.voltage_pu):
            _compare(one, first, voltage_pu, detect(to_codes(voltage_pu)), total)
    return total


def _systems(voltage_pu: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Three phases at a time, and which is the first; missing ones repeat the last. Whole hops."""
    samples = voltage_pu.shape[1] // HOP * HOP
    for first in range(0, len(voltage_pu), HOP_CHANNELS):
        part = voltage_pu[first:first + HOP_CHANNELS, :samples]
        yield first, np.concatenate([part, *[part[-1:]] * (HOP_CHANNELS - len(part))])


def _compare(one: Framed, first: int, voltage_pu: np.ndarray, events: Sequence[Event], total: dict[str, Any]) -> None:
    cycle = one.samples_per_cycle
    rms = np.array([rms_rule.one_cycle_rms(row, cycle) for row in voltage_pu])
    phases = min(len(one.voltage_pu) - first, HOP_CHANNELS)
    rules = [rms_rule.events(rms_rule.states(row), row) for row in rms[:phases]] + [()] * (HOP_CHANNELS - phases) + [rms_rule.polyphase(rms)]
    shown = lambda channel, *rest: [one.recording.name, "system" if channel == HOP_CHANNELS else f"phase {first + channel + 1}", *rest]  # noqa: E731
    explained = set()
    for channel, rule in enumerate(rules):
        mine = [event for event in events if event.channel == channel]
        for wanted in rule:
            # The detector counts a window at its last sample.
            start, end = wanted.start + cycle - 1, None if wanted.end == rms.shape[1] else wanted.end + cycle - 1
            kind = rms_rule.NAMES[wanted.kind]
            same = [event for event in mine if event.kind == kind and _is_near(event.start, start, cycle)]
            explained.update(same)
            total["rule"] += 1
            if any(_is_near(event.end, end, cycle) and abs(event.residual_pu - wanted.residual_pu) <= RESIDUAL_MAX_PU for event in same):
                total["found"] += 1
            else:
                total["missed"].append(shown(channel, kind, start, end, wanted.residual_pu))
    for event in events:
        row = shown(event.channel, event.kind, event.start, event.end, event.residual_pu)
        if event.channel < phases and event.kind not in rms_rule.NAMES:
            total["shapes"].append(row)
        elif (event.channel < phases or event.channel == HOP_CHANNELS) and event not in explained:
            total["invented"].append(row)


def _is_near(sample: int | None, wanted: int | None, cycle: int) -> bool:
    """Within half a cycle; what lasts has no end."""
    if sample is None or wanted is None:
        return sample is wanted
    return abs(sample - wanted) <= cycle // 2
