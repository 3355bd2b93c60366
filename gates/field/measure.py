"""Measures a classifier on recordings: each window against the RMS rule, which is the standard's.

Inputs: framed recordings (model/data/recordings) and a function that classifies windows. Outputs: plain figures.
Truth: the state by one-cycle RMS with hysteresis (rms_rule.py). Set apart are windows within 0.02 pu of a threshold, and ringing ones: RMS
of a sag, whose fundamental has less than half of its square. `transient` and `harmonics` say nothing about the RMS: right where the rule
says normal, wrong elsewhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gates.precision.metrics import metrics
from model.data import labels
from model.data.recordings import rms_rule
from model.data.recordings.framing import Framed

Classify = Callable[[np.ndarray], np.ndarray]
"""Class indices into labels.CLASSES of windows float32 [N, samples, 2]."""

_RULE = rms_rule.NAMES
# What a class of the network means for the RMS; the last column of the matrix holds transient and harmonics where they are wrong.
_OTHER = len(_RULE)
_MEANING = {"normal": rms_rule.NORMAL, "sag": rms_rule.SAG, "swell": rms_rule.SWELL, "interruption": rms_rule.INTERRUPTION}


@dataclass(frozen=True)
class Windows:
    """Windows of one phase: x float32 [N, samples, 2], the rule's states int [N], and which are near a threshold or ring, bool [N]."""

    x: np.ndarray
    states: np.ndarray
    near: np.ndarray
    rings: np.ndarray


def windows_of(framed: Framed, phase: int, hop: int, full_scale_pu: float) -> Windows:
    """The windows of a phase, `hop` samples from one to the next, clipped as the converter does."""
    samples = framed.samples_per_cycle
    x = framed.windows(phase, hop)
    rms = rms_rule.one_cycle_rms(framed.voltage_pu[phase], samples)
    states, rms = rms_rule.states(rms)[::hop], rms[::hop]
    clipped = np.clip(x, -full_scale_pu, full_scale_pu).astype(np.float32)
    return Windows(clipped, states, rms_rule.is_near(rms), rms_rule.rings(x[..., 0], rms))


def by_rms(windows: Windows) -> np.ndarray:
    """The baseline: class indices by the RMS of each window alone, without hysteresis."""
    rms = np.sqrt(np.mean(np.square(windows.x[..., 0], dtype=np.float64), axis=1))
    names = np.array([labels.CLASSES.index(name) for name in ("interruption", "sag", "swell", "normal")])
    return names[np.select([rms < labels.INTERRUPTION_BELOW_PU, rms < labels.SAG_BELOW_PU, rms > labels.SWELL_ABOVE_PU], range(3), 3)]


def measure(framed: Sequence[Framed], classify: Classify, hop: int, full_scale_pu: float) -> dict[str, Any]:
    """The measurement over all phases of all recordings, of `classify` and of the baseline."""
    total, baseline = (np.zeros((len(_RULE), len(_RULE) + 1), np.int64) for _ in range(2))
    seen = {"windows": 0, "near": 0, "ringing": 0}
    recordings = {}
    for one in framed:
        own = np.zeros_like(total)
        for phase in range(len(one.voltage_pu)):
            windows = windows_of(one, phase, hop, full_scale_pu)
            judged = ~(windows.near | windows.rings)
            own += _matrix(windows.states[judged], classify(windows.x[judged]))
            baseline += _matrix(windows.states[judged], by_rms(windows)[judged])
            seen["windows"] += len(judged)
            seen["near"] += int(windows.near.sum())
            seen["ringing"] += int((windows.rings & ~windows.near).sum())
        total += own
        recordings[one.recording.name] = own.tolist()
    return {"apart_share": (seen["near"] + seen["ringing"]) / max(seen["windows"], 1), "baseline": _figures(baseline), "hop": hop,
            "network": _figures(total), "recordings": recordings, "rule": list(_RULE), **seen}


def _matrix(states: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Counts [states, states and other]: rule by row, network by column."""
    meaning = np.array([_MEANING.get(name, _OTHER) for name in labels.CLASSES])[classes]
    meaning = np.where((meaning == _OTHER) & (states == rms_rule.NORMAL), rms_rule.NORMAL, meaning)
    counts = np.zeros((len(_RULE), len(_RULE) + 1), np.int64)
    np.add.at(counts, (states, meaning), 1)
    return counts


def _figures(counts: np.ndarray) -> dict[str, Any]:
    """Precision and recall per state; a state that the recordings lack counts in neither mean."""
    square = np.zeros((len(_RULE) + 1,) * 2, np.int64)
    square[:-1] = counts
    found = metrics(square)
    present = [index for index in range(len(_RULE)) if counts[index].sum()]
    mean = lambda values: sum(values[index] for index in present) / max(len(present), 1)  # noqa: E731
    return {"confusion": counts.tolist(), "macro_precision": mean(found.class_precision), "macro_recall": mean(found.class_recall),
            "per_class": {_RULE[index]: {"precision": found.class_precision[index], "recall": found.class_recall[index]} for index in present}}
