"""Data sets on disk: reading, checking, writing.

Purpose: the one format between generator, training, quantization and gates, for our synthetic data and a user's own.
Format: .npz of numpy.savez. Data set: x_train, y_train, x_validation, y_validation, x_test, y_test; pilot: x, y.
x is float32 [N, ...] in natural units (pu), y int32 [N] class indices. Errors: UserError naming file, array and index.
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
        found, wanted = getattr(dataset, name).x.shape[1:], dataset.train.x.shape[1:]
        if found != wanted:
            raise _error(path, f"x_{name}", "window shape differs from x_train's", list(found), list(wanted))
    return dataset


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
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "other content"
        raise UserError(f"{Path(path).name}: cannot be read as a data set; got {reason}, want an .npz of numpy.savez. "
                        "Fix: build it with //model/data:generate.") from error


def _part(path: str | Path, arrays: dict[str, np.ndarray], x_name: str, y_name: str, classes: int | None) -> Part:
    for name in (x_name, y_name):
        if name not in arrays:
            raise _error(path, name, "array is missing", ", ".join(sorted(arrays)) or "no array", name)
    x, y = arrays[x_name], arrays[y_name]
    if x.dtype != np.float32 or x.ndim < 2:
        raise _error(path, x_name, "wrong type or shape", f"{x.dtype} {list(x.shape)}", "float32 [N, ...]")
    if y.dtype != np.int32 or y.shape != (len(x),):
        raise _error(path, y_name, "wrong type or shape", f"{y.dtype} {list(y.shape)}", f"int32 [{len(x)}]")
    if len(x) == 0:
        raise _error(path, x_name, "no windows", 0, "at least 1")
    bad = np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))
    if len(bad):
        value = x[bad[0]][~np.isfinite(x[bad[0]])].flat[0]
        raise _error(path, f"{x_name}[{bad[0]}]", f"{len(bad)} windows are not finite", value, "finite numbers")
    high = np.iinfo(np.int32).max if classes is None else classes - 1
    bad = np.flatnonzero((y < 0) | (y > high))
    if len(bad):
        raise _error(path, f"{y_name}[{bad[0]}]", "impossible label", y[bad[0]], f"0 to {high}")
    return Part(x, y)


def _error(path: str | Path, where: str, fact: str, found: object, wanted: object) -> UserError:
    return UserError(f"{Path(path).name}: {where}: {fact}; got {found}, want {wanted}. "
                     "Fix: correct the data, or build it with //model/data:generate.")
