"""Data sets on disk: reading, checking, writing.

Purpose: the one format between generator, training, quantization and gates, for our synthetic data and a user's own.
Format: .npz of numpy.savez. Data set: x_train, y_train, x_validation, y_validation, x_test, y_test; pilot: x, y.
x is float32 [N, ...] in natural units (pu), y int32 [N] class indices; other floats and other integers are converted.
Errors: UserError naming file, array and index.
"""

import dataclasses
import zipfile
from pathlib import Path

import numpy as np

from tools.errors import UserError


@dataclasses.dataclass(frozen=True)
class Part:
    """Windows x float32 [N, ...] and their class indices y int32 [N]."""

    x: np.ndarray
    y: np.ndarray


@dataclasses.dataclass(frozen=True)
class Dataset:
    """The three parts of a data set."""

    train: Part
    validation: Part
    test: Part


def load_dataset(path: str | Path, classes: int | None = None) -> Dataset:
    """The checked data set in the file `path`; labels must be below `classes` if that is given."""
    arrays = _read(path)
    names = [item.name for item in dataclasses.fields(Dataset)]
    dataset = Dataset(**{name: _part(path, arrays, f"x_{name}", f"y_{name}", classes) for name in names})
    for name in names[1:]:
        if getattr(dataset, name).x.shape[1:] != dataset.train.x.shape[1:]:
            raise _other_shape(path, f"x_{name}", getattr(dataset, name).x, dataset.train.x)
    return dataset


def load_calibration(path: str | Path, classes: int) -> tuple[np.ndarray, Part | None]:
    """What quantizing needs of a data set: x_train, float32 [N, ...], and its test part if it has one; labels must be below
    `classes`."""
    arrays = _read(path)
    x = _windows(path, arrays, "x_train")
    if not {"x_test", "y_test"} & set(arrays):
        return x, None
    test = _part(path, arrays, "x_test", "y_test", classes)
    if test.x.shape[1:] != x.shape[1:]:
        raise _other_shape(path, "x_test", test.x, x)
    return x, test


def load_pilot(path: str | Path, classes: int | None = None) -> Part:
    """The checked pilot set in the file `path`; labels must be below `classes` if that is given."""
    return _part(path, _read(path), "x", "y", classes)


def save(path: str | Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes the arrays; the bytes depend on nothing else (numpy.savez stamps its members with 1980)."""
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def duplicates(*parts: np.ndarray) -> int:
    """How many windows of `parts` [N, ...] repeat an earlier one, byte by byte."""
    rows = np.concatenate([np.ascontiguousarray(part).reshape(len(part), -1) for part in parts])
    return len(rows) - len({row.tobytes() for row in rows})


def _read(path: str | Path) -> dict[str, np.ndarray]:
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise _unreadable(path, "one array of numpy.save")
        with archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or "other content") from error


def _part(path: str | Path, arrays: dict[str, np.ndarray], x_name: str, y_name: str, classes: int | None) -> Part:
    x = _windows(path, arrays, x_name)
    y = _array(path, arrays, y_name)
    if y.dtype.kind not in "iu" or y.shape != (len(x),):
        raise _error(path, y_name, "wrong type or shape", f"{y.dtype} {list(y.shape)}", f"int32 [{len(x)}]")
    high = np.iinfo(np.int32).max if classes is None else classes - 1
    bad = np.flatnonzero((y < 0) | (y > high))
    if len(bad):
        raise _error(path, f"{y_name}[{bad[0]}]", "impossible label", y[bad[0]], f"0 to {high}")
    return Part(x, y.astype(np.int32, copy=False))


def _windows(path: str | Path, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The checked windows of the array `name` as float32 [N, ...]."""
    x = _array(path, arrays, name)
    if x.dtype.kind != "f" or x.ndim < 2:
        raise _error(path, name, "wrong type or shape", f"{x.dtype} {list(x.shape)}", "float32 [N, ...]")
    if len(x) == 0:
        raise _error(path, name, "no windows", 0, "at least 1")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as such
        x = x.astype(np.float32, copy=False)
    bad = np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))
    if len(bad):
        value = x[bad[0]][~np.isfinite(x[bad[0]])].flat[0]
        raise _error(path, f"{name}[{bad[0]}]", f"{len(bad)} windows are not finite", value, "finite numbers")
    return x


def _array(path: str | Path, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in arrays:
        raise _error(path, name, "array is missing", ", ".join(sorted(arrays)) or "no array", name)
    return arrays[name]


def _unreadable(path: str | Path, found: str) -> UserError:
    return UserError(f"{Path(path).name}: cannot be read as a data set; got {found}, want an .npz of numpy.savez. "
                     "Fix: write it as model/README.md shows, or build it with //model/data:generate.")


def _other_shape(path: str | Path, name: str, x: np.ndarray, train: np.ndarray) -> UserError:
    return _error(path, name, "window shape differs from x_train's", list(x.shape[1:]), list(train.shape[1:]))


def _error(path: str | Path, where: str, fact: str, found: object, wanted: object) -> UserError:
    return UserError(f"{Path(path).name}: {where}: {fact}; got {found}, want {wanted}. "
                     "Fix: correct the data, or build it with //model/data:generate.")
