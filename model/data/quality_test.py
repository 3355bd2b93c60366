"""Each check of the data's quality passes good windows and rejects, by its name, those that it is there for."""

import numpy as np
import pytest

from model.data import quality
from model.data.dataset import Part
from tools.errors import UserError

CLASSES = ("a", "b", "c")


def _parts(count: int = 30) -> dict[str, Part]:
    rng = np.random.default_rng(1)
    return {name: Part(np.clip(rng.normal(size=(count, 16, 2)), -3, 3).astype(np.float32), (np.arange(count) % 3).astype(np.int32))
            for name in ("train", "validation", "test", "pilot")}


def test_good_windows_pass_and_are_reported() -> None:
    found = quality.check(_parts(), None, CLASSES, 3.0)
    assert found["balance"] == {name: 1.0 for name in ("train", "validation", "test", "pilot")}
    assert (found["duplicates"], found["leakage"]) == (0, 0)
    assert 2.0 < found["range"]["pilot"] <= 3.0


def test_training_windows_without_labels_are_checked_too() -> None:
    pilot = _parts()["pilot"]
    assert quality.check({"pilot": pilot}, _parts()["train"].x, CLASSES, None)["leakage"] == 0
    with pytest.raises(UserError, match="data quality: duplicates: windows appear twice in pilot and train; got 30 repeated, want 0"):
        quality.check({"pilot": pilot}, pilot.x, CLASSES, None)


def test_a_rare_class_fails() -> None:
    parts = _parts(42)
    y = np.where((np.arange(42) % 3 == 1) & (np.arange(42) > 3), 0, np.arange(42) % 3).astype(np.int32)
    parts["validation"] = Part(parts["validation"].x, y)
    with pytest.raises(UserError, match="data quality: balance: validation has too few windows of b; got 1 beside 27 of a, want at least 0.1"):
        quality.check(parts, None, CLASSES, 3.0)


def test_a_window_in_two_parts_fails() -> None:
    parts = _parts()
    parts["pilot"].x[4] = parts["train"].x[7]
    with pytest.raises(UserError, match="data quality: duplicates: windows appear twice in train and pilot; got 1 repeated, want 0"):
        quality.check(parts, None, CLASSES, 3.0)
    parts = _parts()
    parts["test"].x[4] = parts["test"].x[7]
    with pytest.raises(UserError, match="data quality: duplicates: windows appear twice in one part"):
        quality.check(parts, None, CLASSES, 3.0)


def test_a_window_that_is_almost_one_of_training_fails_but_dead_lines_are_alike() -> None:
    parts = _parts()
    step = np.abs(parts["train"].x).max() / 127
    parts["pilot"].x[4] = np.round(parts["train"].x[7] / step) * step
    with pytest.raises(UserError, match="data quality: leakage: pilot has windows of train, .*; got 1, want 0. Fix: split the recordings"):
        quality.check(parts, None, CLASSES, 3.0)
    parts = _parts()
    parts["pilot"].x[4], parts["train"].x[7] = 1e-4, 2e-4
    assert quality.check(parts, None, CLASSES, 3.0)["leakage"] == 0


def test_values_out_of_range_fail() -> None:
    parts = _parts()
    parts["test"].x[0, 0, 0] = 3.01
    with pytest.raises(UserError, match="data quality: range: test has values beyond full_scale_pu; got 3.01, want at most 3"):
        quality.check(parts, None, CLASSES, 3.0)
    parts = _parts()
    parts["pilot"].x[:] *= 9
    with pytest.raises(UserError, match=r"data quality: range: pilot has values beyond training's largest magnitude of .*; got .*%.*, want at most 1%"):
        quality.check(parts, None, CLASSES, None)
