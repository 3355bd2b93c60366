"""Makes the synthetic data set or pilot set of a spec.

Inputs: --spec, --part=dataset|pilot|noisy (as the pilot set, but all windows at its least signal-to-noise ratio). Outputs: --output
(.npz, see dataset.py) and --report (.json: windows per class and part, windows left out, duplicates). Classes are even; windows too near to a threshold are left out and counted (labels.py).
Deterministic to the bit, on every CPU. Non-goals: recordings of real events.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from absl import flags

from model import spec as spec_module
from model.data import dataset, labels, power_quality
from tools.errors import UserError, run

_SPEC = flags.DEFINE_string("spec", None, "spec of the network (.yaml)", required=True)
_PART = flags.DEFINE_enum("part", "dataset", ["dataset", "pilot", "noisy"], "what to make")
_OUTPUT = flags.DEFINE_string("output", None, "where the windows go (.npz)", required=True)
_REPORT = flags.DEFINE_string("report", None, "where the counts go (.json)", required=True)

_BATCH_WINDOWS = 1024 # one recorder each
# A class that is still short after this many draws per wanted window is out of reach of the spec's ranges.
_DRAWS_MAX = 20


@dataclasses.dataclass(frozen=True)
class Collected:
    """Even classes of windows x float32 [N, samples, 2] with labels y int32 [N], and what drawing them took."""

    x: np.ndarray
    y: np.ndarray
    drawn: int
    left_out: np.ndarray  # int [classes]: windows too near to a threshold, by the label they would have had


def collect(data: spec_module.Data, ranges: spec_module.Ranges, count: int, seed: int | list[int]) -> Collected:
    """Draws until each class has its even share of `count` windows; UserError if the ranges cannot yield a class."""
    rng = np.random.default_rng(seed)
    classes = len(labels.CLASSES)
    missing = np.array([count // classes + (index < count % classes) for index in range(classes)])
    parts, drawn, left_out = [], 0, np.zeros(classes, int)
    while missing.any():
        if drawn > _DRAWS_MAX * count + _BATCH_WINDOWS:
            raise UserError(f"data: class {labels.CLASSES[int(missing.argmax())]} is out of reach of the ranges; got "
                            f"{missing.max()} windows too few after {drawn} draws, want none. Fix: widen the ranges.")
        windows = power_quality.draw(ranges, _BATCH_WINDOWS, data.samples_per_cycle, rng)
        _require_finite(windows)
        y, uncertain = labels.label(windows), labels.is_uncertain(windows)
        left_out += np.bincount(y[uncertain], minlength=classes)
        drawn += _BATCH_WINDOWS
        keep = np.sort(np.concatenate(
            [np.flatnonzero((y == index) & ~uncertain)[:missing[index]] for index in range(classes)]))
        missing -= np.bincount(y[keep], minlength=classes)
        clipped = np.clip(windows.measured[keep], -data.full_scale_pu, data.full_scale_pu)
        parts.append((clipped.astype(np.float32), y[keep]))
    return Collected(np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]), drawn, left_out)


def _require_finite(windows: power_quality.Windows) -> None:
    """UserError for a window that the equations cannot make from the spec's ranges."""
    bad = np.argwhere(~np.isfinite(windows.measured))
    if len(bad):
        window, sample, channel = bad[0]
        raise UserError(f"data: {len(np.unique(bad[:, 0]))} of {len(windows.measured)} drawn windows are not finite; got "
                        f"{windows.measured[window, sample, channel]} in {('voltage', 'current')[channel]}[{sample}], want "
                        "finite numbers. Fix: correct the ranges in the spec.")


def split(collected: Collected, settings: spec_module.Split) -> dict[str, np.ndarray]:
    """The arrays of a data set: each class shuffled and split by the same fractions, each part shuffled again."""
    rng = np.random.default_rng([settings.seed, 1])
    members = {"test": [], "validation": [], "train": []}
    for index in range(len(labels.CLASSES)):
        order = rng.permutation(np.flatnonzero(collected.y == index))
        test = round(len(order) * settings.test_fraction)
        validation = test + round(len(order) * settings.validation_fraction)
        for name, part in zip(members, np.split(order, [test, validation])):
            members[name].append(part)
    arrays = {}
    for name, parts in members.items():
        order = rng.permutation(np.concatenate(parts))
        arrays[f"x_{name}"], arrays[f"y_{name}"] = collected.x[order], collected.y[order]
    return arrays


def report(collected: Collected, arrays: dict[str, np.ndarray]) -> dict:
    """Counts of a made set, for people and gates; UserError if a window appears twice (leakage between the parts)."""
    repeated = dataset.duplicates(*(array for name, array in arrays.items() if name.startswith("x")))
    if repeated:
        raise UserError(f"data: windows appear twice; got {repeated} repeated, want 0. Fix: change the seed in the spec.")
    by_class = lambda counts: dict(zip(labels.CLASSES, map(int, counts)))  # noqa: E731
    return {
        "drawn": collected.drawn,
        "duplicates": repeated,
        "left_out": {"by_class": by_class(collected.left_out), "total": int(collected.left_out.sum()),
                     "uncertainty_pu": labels.UNCERTAINTY_PU},
        "windows": {name: by_class(np.bincount(array, minlength=len(labels.CLASSES)))
                    for name, array in sorted(arrays.items()) if name.startswith("y")},
    }


def _halved(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays with windows in float16, whose step at 1 pu is a twentieth of the int8 input's: half of the bytes to store and to send."""
    return {name: array.astype(np.float16) if array.dtype.kind == "f" else array for name, array in arrays.items()}


def main(argv: Sequence[str]) -> None:
    del argv
    spec = spec_module.load(_SPEC.value)
    if spec.data is None or spec.classes != labels.CLASSES:
        raise UserError(f"{Path(_SPEC.value).name}: no synthetic data for this network; got classes "
                        f"{', '.join(spec.classes)} {'with' if spec.data else 'without'} a data section, want "
                        f"{', '.join(labels.CLASSES)} with one. Fix: pass your own data set to the network's macro.")
    settings = spec.data.dataset if _PART.value == "dataset" else spec.data.pilot
    ranges, seed = settings.ranges, settings.seed
    if _PART.value == "noisy":
        ranges, seed = dataclasses.replace(ranges, snr_db=(ranges.snr_db[0],) * 2), [seed, 1]
    collected = collect(spec.data, ranges, settings.windows, seed)
    arrays = _halved(split(collected, settings)) if _PART.value == "dataset" else {"x": collected.x, "y": collected.y}
    counts = report(collected, arrays)
    dataset.save(_OUTPUT.value, arrays)
    Path(_REPORT.value).write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{_PART.value}: {len(collected.y)} windows of {collected.drawn} drawn, {counts['left_out']['total']} left out "
          "as too near to a threshold", flush=True)


if __name__ == "__main__":
    run(main)
