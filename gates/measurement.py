"""Measurements: the JSON that a gate's cached action writes and its judge reads.

Purpose: one way to write it (sorted keys, whole or not at all) and one way to read it back.
Inputs: a dictionary of JSON values. Outputs: a file that is equal byte for byte when the values are.
Non-goals: what a measurement holds; each gate's measure.py says that.
"""

import json
import os
from pathlib import Path
from typing import Any

from tools.errors import UserError


def write(path: str, measurement: dict[str, Any]) -> None:
    """Writes `measurement` to `path`; a reader sees the whole file or none.

    Raises:
        ValueError: a figure is NaN or infinite, which JSON cannot say.
    """
    text = json.dumps(measurement, indent=2, sort_keys=True, allow_nan=False) + "\n"
    write_text(path, text)


def write_text(path: str, text: str) -> None:
    """Writes `text` to `path` as UTF-8, in one step."""
    write_bytes(path, text.encode())


def write_bytes(path: str, data: bytes) -> None:
    """Writes `data` to `path` in one step: a file beside it is renamed over it."""
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, target)


def read(path: str) -> dict[str, Any]:
    """Reads a measurement.

    Raises:
        UserError: no such file, or no JSON object in it.
    """
    try:
        measurement = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read; got {error.strerror}, want a measurement. "
                        "Fix: build the measurement first") from error
    except ValueError as error:
        raise UserError(f"{path}: is not JSON; got {error}, want a measurement. "
                        "Fix: build the measurement again") from error
    if not isinstance(measurement, dict):
        raise UserError(f"{path}: is not a measurement; got a JSON {type(measurement).__name__}, want an object. "
                        "Fix: build the measurement again")
    return measurement
