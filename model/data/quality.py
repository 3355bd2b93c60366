"""Judges the quality of windows before anything is learned from them; a build fails on the first check by its name.

Inputs: --spec, --pilot, and if there is one --dataset and --noisy (.npz, dataset.py). Output: --report, JSON with the figures of each check.
Checks, in this order: `not finite` (dataset.py), `balance` (per part, windows of the rarest class against the commonest), `duplicates` (equal windows,
within a part and between), `leakage` (windows of a judging part that equal one of training in steps of an int8 input), `range` (beyond the
converter's full scale, or, where the spec names none, beyond what training has seen).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from model import spec as spec_module
from model.data import dataset
from tools.errors import UserError, run

_SPEC = flags.DEFINE_string("spec", None, "spec of the network (.yaml)", required=True)
_DATASET = flags.DEFINE_string("dataset", None, "data set (.npz)")
_PILOT = flags.DEFINE_string("pilot", None, "pilot set (.npz)", required=True)
_NOISY = flags.DEFINE_string("noisy", None, "pilot set with noise (.npz)")
_REPORT = flags.DEFINE_string("report", None, "where the figures go (.json)", required=True)

BALANCE_MIN = 0.1
# Beyond training's range an int8 input saturates; a pilot set may hold a few such samples.
BEYOND_MAX = 0.01
_INT8_STEPS = 127
# A window that varies less than so many steps is a dead line: those are alike.
_LIVELY_STEPS = 2


def check(parts: dict[str, dataset.Part], unlabelled: np.ndarray | None, classes: Sequence[str], full_scale: float | None) -> dict[str, Any]:
    """The figures of the checks of `parts` (train, validation, test, pilot, noisy; those that there are) and of training windows
    without labels; UserError naming the check that fails."""
    windows = {name: part.x for name, part in parts.items()} | ({"train": unlabelled} if unlabelled is not None else {})
    return {"balance": {name: _balance(name, part.y, classes) for name, part in sorted(parts.items())},
            "duplicates": _duplicates(windows), "leakage": _leakage(windows), "range": _range(windows, full_scale)}


def _fail(check_name: str, fact: str, got: object, wanted: object, fix: str) -> UserError:
    return UserError(f"data quality: {check_name}: {fact}; got {got}, want {wanted}. Fix: {fix}")


def _balance(name: str, y: np.ndarray, classes: Sequence[str]) -> float:
    counts = np.bincount(y, minlength=len(classes))
    share = float(counts.min() / counts.max())
    if share < BALANCE_MIN:
        rarest, commonest = int(counts.argmin()), int(counts.argmax())
        raise _fail("balance", f"{name} has too few windows of {classes[rarest]}", f"{counts[rarest]} beside {counts[commonest]} of "
                    f"{classes[commonest]}", f"at least {BALANCE_MIN:g} of them", "add windows of it, or leave out others")
    return share


def _duplicates(windows: dict[str, np.ndarray]) -> int:
    repeated = dataset.duplicates(*windows.values())
    if repeated:
        places = [f"{name} and {other}" for index, name in enumerate(windows) for other in list(windows)[index + 1:]
                  if _shared(_rows(windows[name]), _rows(windows[other]))]
        raise _fail("duplicates", f"windows appear twice in {', '.join(places) or 'one part'}", f"{repeated} repeated", "0",
                    "leave them out, or change the seed in the spec")
    return repeated


def _leakage(windows: dict[str, np.ndarray]) -> int:
    """How many windows of training the judging parts hold almost; 0, or a UserError."""
    if "train" not in windows:
        return 0
    step = float(np.abs(windows["train"]).max()) / _INT8_STEPS or 1.0
    rounded = {name: _rows(np.clip(np.round(x[_lively(x, step)].astype(np.float32) / step), -128, 127).astype(np.int8)) for name, x in windows.items()}
    for name, rows in rounded.items():
        shared = 0 if name == "train" else _shared(rounded["train"], rows)
        if shared:
            raise _fail("leakage", f"{name} has windows of train, but for less than a step of an int8 input ({step:.3g})", shared, "0",
                        "split the recordings, not their windows")
    return 0


def _lively(x: np.ndarray, step: float) -> np.ndarray:
    return x.reshape(len(x), -1).std(axis=1, dtype=np.float32) > _LIVELY_STEPS * step


def _rows(x: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in np.ascontiguousarray(x)}


def _shared(first: set[bytes], second: set[bytes]) -> int:
    return len(first & second)


def _range(windows: dict[str, np.ndarray], full_scale: float | None) -> dict[str, float]:
    """The largest magnitude of each part."""
    largest = {name: float(np.abs(x).max()) for name, x in sorted(windows.items())}
    for name, value in largest.items():
        if full_scale is not None and value > full_scale:
            raise _fail("range", f"{name} has values beyond full_scale_pu", f"{value:g}", f"at most {full_scale:g}",
                        "scale the windows, or raise data.full_scale_pu")
        if full_scale is None and "train" in largest:
            beyond = float(np.mean(np.abs(windows[name]) > largest["train"]))
            if beyond > BEYOND_MAX:
                raise _fail("range", f"{name} has values beyond training's largest magnitude of {largest['train']:g}", f"{beyond:.1%} of them",
                            f"at most {BEYOND_MAX:.0%}", "give training windows of that size")
    return largest


def _load(spec: spec_module.Spec) -> tuple[dict[str, dataset.Part], np.ndarray | None]:
    """The labelled parts, and training windows that have no labels."""
    classes, parts, unlabelled = len(spec.classes), {}, None
    if _DATASET.value:
        unlabelled, test = dataset.load_calibration(_DATASET.value, classes)
        parts = {"test": test} if test else {}
        with np.load(_DATASET.value, allow_pickle=False) as archive:
            is_labelled = {"y_train", "y_validation", "y_test"} <= set(archive.files)
        if is_labelled:
            data = dataset.load_dataset(_DATASET.value, classes)
            parts, unlabelled = {"train": data.train, "validation": data.validation, "test": data.test}, None
    parts["pilot"] = dataset.load_pilot(_PILOT.value, classes)
    if _NOISY.value:
        parts["noisy"] = dataset.load_pilot(_NOISY.value, classes)
    return parts, unlabelled


def main(argv: Sequence[str]) -> None:
    del argv
    spec = spec_module.load(_SPEC.value)
    parts, unlabelled = _load(spec)
    found = check(parts, unlabelled, spec.classes, spec.data.full_scale_pu if spec.data else None)
    Path(_REPORT.value).write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
