"""A .keras file whose bytes depend on the model only.

Purpose: Keras stamps the archive, its members and its metadata with the date, and writes memory addresses into the
configuration; equal models must be equal files.
Inputs: a Keras model. Outputs: a .keras file that stock Keras loads.
"""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from model.training import exact  # noqa: F401 (before keras: it chooses the backend)

import keras

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_METADATA = "metadata.json"
_CONFIG = "config.json"
_OBJECT_ID = "shared_object_id"


def save(model: keras.Model, path: str | Path) -> None:
    """Writes the model to `path`."""
    with tempfile.TemporaryDirectory() as folder:
        stamped = Path(folder) / "model.keras"
        model.save(stamped)
        Path(path).write_bytes(_normalised(stamped))


def _normalised(stamped: Path) -> bytes:
    """The archive with its members in the order of their names, fixed stamps, no date and no addresses."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(stamped) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == _METADATA:
                metadata = json.loads(content)
                metadata.pop("date_saved", None)
                content = json.dumps(metadata, sort_keys=True).encode()
            elif name == _CONFIG:
                content = json.dumps(_renumbered(json.loads(content), {}), sort_keys=True).encode()
            target.writestr(zipfile.ZipInfo(name, _STAMP), content)
    return buffer.getvalue()


def _renumbered(node: Any, numbers: dict[int, int]) -> Any:
    """`node` with the ids of shared objects, which are addresses, replaced by their order of appearance from 1 on."""
    if isinstance(node, list):
        return [_renumbered(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: numbers.setdefault(value, len(numbers) + 1) if key == _OBJECT_ID else _renumbered(value, numbers)
        for key, value in sorted(node.items())
    }
