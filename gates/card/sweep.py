"""Measures an image along one condition at a time: signal-to-noise ratio, frequency, sampling rate of the recorder.

Purpose: the curves of the model card. All else is drawn as for the pilot set, with seeds of its own; even classes, windows near a
threshold left out, as everywhere. Inputs: the data section of a spec and a function that classifies windows. Outputs: plain figures.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gates.precision.metrics import confusion_matrix, metrics
from model import spec as model_spec
from model.data import instrument, labels, power_quality
from tools.errors import UserError

Classify = Callable[[np.ndarray], np.ndarray]
"""Class indices of windows float32 [N, samples, 2]."""

SNR_DB = (15, 20, 25, 30, 40, 50, 60)
DEVIATION_HZ = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
RATES = (16, 24, 32, 48, 64, 96, 128)
WINDOWS = 1200

_BATCH = 512
_SEED = 7001
# A recorder of a wanted rate is found by drawing: the rarest is one in 25.
_DRAWS_MAX = 4000


def sweep(data: model_spec.Data, classify: Classify, windows: int = WINDOWS) -> dict[str, list[dict[str, Any]]]:
    """Macro precision and macro recall of `windows` windows per point, for each condition."""
    ranges = data.pilot.ranges
    at = lambda **changes: dataclasses.replace(ranges, **changes)  # noqa: E731
    point = lambda value, changed, rate=None: {"at": value, **_figures(data, changed, rate, classify, windows)}  # noqa: E731
    return {"frequency_deviation_hz": [point(value, at(frequency_deviation_hz=(value, value))) for value in DEVIATION_HZ],
            "samples_per_cycle": [point(rate, ranges, rate) for rate in RATES],
            "snr_db": [point(value, at(snr_db=(value, value))) for value in SNR_DB]}


def _figures(data: model_spec.Data, ranges: model_spec.Ranges, rate: int | None, classify: Classify, count: int) -> dict[str, float]:
    x, y = _draw(data, ranges, rate, count)
    found = metrics(confusion_matrix(y, classify(x), len(labels.CLASSES)))
    return {"macro_precision": found.macro_precision, "macro_recall": found.macro_recall}


def _draw(data: model_spec.Data, ranges: model_spec.Ranges, rate: int | None, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` windows and their classes, evenly many of each, recorded at `rate` samples per cycle if that is given."""
    missing, parts = np.full(len(labels.CLASSES), count // len(labels.CLASSES)), []
    for rng in _generators(data.samples_per_cycle, rate):
        drawn = power_quality.draw(ranges, _BATCH, data.samples_per_cycle, rng)
        y, uncertain = labels.label(drawn), labels.is_uncertain(drawn)
        keep = np.concatenate([np.flatnonzero((y == index) & ~uncertain)[:missing[index]] for index in range(len(missing))])
        missing -= np.bincount(y[keep], minlength=len(missing))
        parts.append((np.clip(drawn.measured[keep], -data.full_scale_pu, data.full_scale_pu).astype(np.float32), y[keep]))
        if not missing.any():
            break
    if missing.any():
        raise UserError(f"card: class {labels.CLASSES[int(missing.argmax())]} is out of reach of the pilot set's ranges; got {missing.max()} windows "
                        "too few, want none. Fix: widen the ranges.")
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def _generators(samples: int, rate: int | None) -> Iterator[np.random.Generator]:
    """Generators whose first draw is a recorder of `rate` per 128 samples; of any where that is None."""
    for index in itertools.islice(itertools.count(), _DRAWS_MAX):
        if rate is None or instrument.choose_recorder(samples, np.random.default_rng([_SEED, index])).rate == rate * samples // 128:
            yield np.random.default_rng([_SEED, index])
