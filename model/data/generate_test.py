"""The generator's sets: even classes, a stratified split, no leakage, and errors that name the class."""

import dataclasses
import json

import numpy as np
import pytest
from absl.testing import flagsaver

from model import spec as spec_module
from model.data import dataset, generate, labels, power_quality
from tools.errors import UserError

PATH = "model/voltage_event/voltage_event.yaml"
SPEC = spec_module.load(PATH)
SPLIT = dataclasses.replace(SPEC.data.dataset, windows=1200, validation_fraction=0.1, test_fraction=0.2)


@pytest.fixture(scope="module")
def collected():
    return generate.collect(SPEC.data, SPLIT.ranges, SPLIT.windows, SPLIT.seed)


def test_classes_are_even_and_windows_left_out_are_counted(collected):
    assert np.bincount(collected.y).tolist() == [200] * 6
    assert collected.left_out.sum() > 0.02 * collected.drawn
    assert np.abs(collected.x).max() <= SPEC.data.full_scale_pu


def test_split_is_stratified_and_complete(collected):
    arrays = generate.split(collected, SPLIT)
    assert [np.bincount(arrays[f"y_{part}"]).tolist() for part in ("train", "validation", "test")] == [
        [140] * 6, [20] * 6, [40] * 6]
    assert dataset.duplicates(collected.x, *(arrays[f"x_{part}"] for part in ("train", "validation", "test"))) == 1200
    assert generate.report(collected, arrays)["duplicates"] == 0


def test_the_pilot_s_seed_draws_other_windows_from_the_same_ranges(collected):
    other = generate.collect(SPEC.data, SPLIT.ranges, 600, SPEC.data.pilot.seed)
    assert dataset.duplicates(collected.x, other.x) == 0
    # Equal seeds would repeat windows, so that the comparison can fail.
    again = generate.collect(SPEC.data, SPLIT.ranges, 600, SPLIT.seed)
    assert dataset.duplicates(collected.x, again.x) > 300


def test_windows_that_are_not_finite_are_refused(monkeypatch):
    draw = power_quality.draw

    def broken(*arguments):
        windows = draw(*arguments)
        windows.measured[3, 7, 1] = np.nan
        return windows

    monkeypatch.setattr(power_quality, "draw", broken)
    with pytest.raises(UserError, match=r"1 of 1024 drawn windows are not finite; got nan in current\[7\], want finite numbers"):
        generate.collect(SPEC.data, SPLIT.ranges, 60, 1)


def test_pilot_ranges_hold_the_training_ranges():
    training, pilot = SPEC.data.dataset.ranges, SPEC.data.pilot.ranges
    for item in dataclasses.fields(training):
        (low, high), (wide_low, wide_high) = getattr(training, item.name), getattr(pilot, item.name)
        assert wide_low <= low and high <= wide_high, item.name


def test_repeated_windows_and_unreachable_classes_are_refused(collected):
    arrays = generate.split(collected, SPLIT)
    arrays["x_test"][0] = arrays["x_train"][0]
    with pytest.raises(UserError, match="windows appear twice; got 1 repeated, want 0"):
        generate.report(collected, arrays)
    weak = dataclasses.replace(SPLIT.ranges, swell_level_pu=(1.1, 1.1), amplitude_pu=(0.95, 1.0),
                               oscillatory_peak_pu=(0.0, 0.1), impulsive_peak_pu=(0.0, 0.1),
                               harmonics_thd=(0.1, 0.12))
    with pytest.raises(UserError, match="class (swell|transient) is out of reach of the ranges; got .* windows too few"):
        generate.collect(SPEC.data, weak, 60, 1)


def test_the_noisy_part_has_the_pilot_s_least_ratio_and_other_windows(tmp_path, monkeypatch):
    text = open(PATH, encoding="utf-8").read().replace("windows: 10000", "windows: 120")
    (tmp_path / "small.yaml").write_text(text)
    drawn = []
    collect = generate.collect
    monkeypatch.setattr(generate, "collect", lambda data, ranges, *rest: drawn.append(ranges) or collect(data, ranges, *rest))
    for part in ("pilot", "noisy"):
        with flagsaver.as_parsed(spec=str(tmp_path / "small.yaml"), part=part, output=str(tmp_path / f"{part}.npz"),
                                 report=str(tmp_path / f"{part}.json")):
            generate.main([])
    pilot, noisy = (dataset.load_pilot(tmp_path / f"{part}.npz", 6) for part in ("pilot", "noisy"))
    assert [ranges.snr_db for ranges in drawn] == [(20.0, 60.0), (20.0, 20.0)]
    assert dataset.duplicates(pilot.x, noisy.x) == 0 and len(noisy.y) == 120


def test_command_writes_the_same_bytes_twice(tmp_path):
    text = open(PATH, encoding="utf-8").read().replace("windows: 10000", "windows: 120")
    (tmp_path / "small.yaml").write_text(text)
    for name in ("a", "b"):
        with flagsaver.as_parsed(spec=str(tmp_path / "small.yaml"), part="pilot", output=str(tmp_path / f"{name}.npz"),
                                 report=str(tmp_path / f"{name}.json")):
            generate.main([])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text())["windows"]["y"] == dict.fromkeys(labels.CLASSES, 20)
    assert len(dataset.load_pilot(tmp_path / "a.npz", 6).x) == 120
