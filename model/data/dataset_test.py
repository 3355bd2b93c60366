"""Broken data is refused with file, array and index; equal data is equal bytes."""

import re
from pathlib import Path

import numpy as np
import pytest

from model.data import dataset
from tools.errors import UserError


def _arrays():
    rng = np.random.default_rng(1)
    arrays = {}
    for part, count in (("train", 6), ("validation", 3), ("test", 3)):
        arrays[f"x_{part}"] = rng.standard_normal((count, 8, 2)).astype(np.float32)
        arrays[f"y_{part}"] = np.arange(count, dtype=np.int32) % 3
    return arrays


def _message(tmp_path, arrays, classes=3):
    path = tmp_path / "broken.npz"
    dataset.save(path, arrays)
    with pytest.raises(UserError) as caught:
        dataset.load_dataset(path, classes)
    return str(caught.value)


def test_round_trip_and_equal_bytes(tmp_path):
    dataset.save(tmp_path / "a.npz", _arrays())
    dataset.save(tmp_path / "b.npz", _arrays())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = dataset.load_dataset(tmp_path / "a.npz", 3)
    assert np.array_equal(loaded.validation.x, _arrays()["x_validation"])


def test_nan_is_refused_with_array_and_index(tmp_path):
    arrays = _arrays()
    arrays["x_train"][4, 2, 1] = np.nan
    message = _message(tmp_path, arrays)
    assert message.startswith("broken.npz: x_train[4]: 1 windows are not finite; got nan, want finite numbers. Fix:")


@pytest.mark.parametrize("name, value, fragment", [
    ("y_test", np.array([0, 3, 1], np.int32), "y_test[1]: impossible label; got 3, want 0 to 2"),
    ("y_test", np.array([0, 1], np.int32), "y_test: wrong type or shape; got int32 [2], want int32 [3]"),
    ("y_test", np.array([0, -1, 2], np.int64), "y_test[1]: impossible label; got -1, want 0 to 2"),
    ("y_test", np.array([0, 2 ** 32, 1], np.int64), "y_test[1]: impossible label; got 4294967296, want 0 to 2"),
    ("y_test", np.zeros(3, np.float32), "y_test: wrong type or shape; got float32 [3], want int32 [3]"),
    ("x_test", np.zeros((3, 8, 2), np.uint8), "x_test: wrong type or shape; got uint8 [3, 8, 2], want float32"),
    ("x_test", np.full((3, 8, 2), 1e300), "x_test[0]: 3 windows are not finite; got inf, want finite numbers"),
    ("x_test", np.zeros((3, 9, 2), np.float32), "x_test: window shape differs from x_train's; got [9, 2], want [8, 2]"),
    ("x_test", None, "x_test: array is missing"),
])
def test_broken_arrays_are_refused(tmp_path, name, value, fragment):
    arrays = _arrays()
    if value is None:
        del arrays[name]
    else:
        arrays[name] = value
    assert fragment in _message(tmp_path, arrays)


def test_other_floats_and_integers_are_converted(tmp_path):
    arrays = _arrays()
    dataset.save(tmp_path / "wide.npz", {name: array.astype(np.float64 if name[0] == "x" else np.int64)
                                         for name, array in arrays.items()})
    loaded = dataset.load_dataset(tmp_path / "wide.npz", 3)
    assert loaded.train.x.dtype == np.float32 and loaded.train.y.dtype == np.int32
    assert np.array_equal(loaded.train.x, arrays["x_train"]) and np.array_equal(loaded.train.y, arrays["y_train"])


def test_calibration_needs_training_windows_only(tmp_path):
    arrays = _arrays()
    dataset.save(tmp_path / "alone.npz", {"x_train": arrays["x_train"]})
    x, test = dataset.load_calibration(tmp_path / "alone.npz", 3)
    assert np.array_equal(x, arrays["x_train"]) and test is None
    dataset.save(tmp_path / "tested.npz", {name: arrays[name] for name in ("x_train", "x_test", "y_test")})
    assert np.array_equal(dataset.load_calibration(tmp_path / "tested.npz", 3)[1].y, arrays["y_test"])


@pytest.mark.parametrize("arrays, fragment", [
    ({"x_test": np.zeros((2, 8, 2))}, "x_train: array is missing; got x_test, want x_train"),
    ({"x_train": np.zeros((2, 8, 2)), "x_test": np.zeros((2, 8, 2))}, "y_test: array is missing"),
    ({"x_train": np.zeros((2, 8, 2)), "x_test": np.zeros((2, 9, 2)), "y_test": np.zeros(2, int)},
     "x_test: window shape differs from x_train's; got [9, 2], want [8, 2]"),
])
def test_broken_calibration_is_refused(tmp_path, arrays, fragment):
    dataset.save(tmp_path / "broken.npz", arrays)
    with pytest.raises(UserError) as caught:
        dataset.load_calibration(tmp_path / "broken.npz", 3)
    assert f"broken.npz: {fragment}" in str(caught.value)


def test_the_example_of_the_documentation_writes_what_is_read(tmp_path, monkeypatch):
    example = re.search(r"```python\n(.*?)```", Path("model/README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "model/README.md", "exec"), {})  # noqa: S102 (the page's own lines)
    assert dataset.load_dataset("mine.dataset.npz", 3).train.x.shape[1:] == (128, 2)
    assert len(dataset.load_pilot("mine.pilot.npz", 3).y) > 0


def test_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros((2, 8, 2)))
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    with pytest.raises(UserError, match="one.npz: cannot be read as a data set; got one array of numpy.save, want an .npz"):
        dataset.load_dataset(tmp_path / "one.npz")


def test_files_of_other_content_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(UserError, match="text.npz: cannot be read as a data set; got other content, want an .npz"):
        dataset.load_pilot(tmp_path / "text.npz")
    with pytest.raises(UserError, match="gone.npz: cannot be read as a data set; got No such file"):
        dataset.load_pilot(tmp_path / "gone.npz")


def test_duplicates_are_counted_across_parts():
    x = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    assert dataset.duplicates(x) == 0
    assert dataset.duplicates(x, x[1:2], x[1:2]) == 2
