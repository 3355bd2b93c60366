"""Finds the models to measure, and makes them int8.

Inputs: paths of folders or single models: .tflite, .h5, .keras, folders with saved_model.pb. Outputs: Model with the bytes of
an int8 .tflite. A float model NAME.h5 is calibrated with NAME.calib.npy beside it (float [N, *input_shape]), else with seeded
random inputs, which are good enough for cycles and bytes. Errors: UserError for a path or a file that is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model.quantization import convert, float_model, saved_model  # first: they choose the backend

import numpy as np

from tools.errors import UserError

FINISHED_SUFFIX = ".tflite"
_SUFFIXES = (FINISHED_SUFFIX, *float_model.KERAS_SUFFIXES)
_RANDOM_INPUTS = 100


@dataclass(frozen=True)
class Model:
    """The bytes of a .tflite, and how they came about, for the table."""

    content: bytes
    origin: str


def find(paths: Sequence[Path]) -> list[Path]:
    """The models at `paths`, and in those that are folders; UserError where there are none."""
    found = []
    for path in paths:
        inside = [path] if _is_model(path) else sorted(filter(_is_model, path.iterdir())) if path.is_dir() else []
        if not inside:
            raise UserError(f"{path}: no models; got {'a folder without any' if path.is_dir() else 'no such path'}, want "
                            f"{', '.join(_SUFFIXES)} or a SavedModel. Fix: name another path")
        found.extend(model for model in inside if model not in found)
    return found


def load(path: Path, seed: int) -> Model:
    """The model at `path`, quantized if it is float; `seed` is that of random inputs."""
    if path.suffix == FINISHED_SUFFIX:
        return Model(path.read_bytes(), "int8 as it is")
    model = float_model.load(path)
    windows = path.with_name(f"{path.stem}.calib.npy")
    if windows.exists():
        calibration, origin = _windows(windows, model.input_shape), f"quantized with {windows.name}"
    else:
        rng = np.random.default_rng(seed)
        calibration = rng.normal(size=(_RANDOM_INPUTS, *model.input_shape)).astype(np.float32)
        origin = f"quantized with {_RANDOM_INPUTS} random inputs, seed {seed}"
    return Model(convert.convert(model.source, calibration, path.name), origin)


def _is_model(path: Path) -> bool:
    return path.suffix in _SUFFIXES and path.is_file() or (path / saved_model.FILE).is_file()


def _windows(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    try:
        windows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path.name}: can't be read; got {type(error).__name__}, want an array of numpy.save. "
                        "Fix: write it anew, or remove it") from error
    if windows.shape[1:] != shape or not len(windows) or windows.dtype.kind != "f" or not np.all(np.isfinite(windows)):
        raise UserError(f"{path.name}: doesn't fit the model; got {windows.dtype} {list(windows.shape)}, want finite floats "
                        f"[N, {', '.join(map(str, shape))}]. Fix: write it anew, or remove it")
    return windows.astype(np.float32)
