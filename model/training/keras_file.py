"""A .keras file whose bytes depend on the model only.

Purpose: Keras stamps the archive, its members and its metadata with the date; equal models must be equal files.
Inputs: a Keras model. Outputs: a .keras file that stock Keras loads.
"""

import io
import json
import tempfile
import zipfile
from pathlib import Path

from model.training import exact  # noqa: F401 (before keras: it chooses the backend)

import keras

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_METADATA = "metadata.json"


def save(model: keras.Model, path: str | Path) -> None:
    """Writes the model to `path`."""
    with tempfile.TemporaryDirectory() as folder:
        stamped = Path(folder) / "model.keras"
        model.save(stamped)
        Path(path).write_bytes(_without_dates(stamped))


def _without_dates(stamped: Path) -> bytes:
    """The archive with its members in the order of their names, fixed stamps, and no date in its metadata."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(stamped) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == _METADATA:
                metadata = json.loads(content)
                metadata.pop("date_saved", None)
                content = json.dumps(metadata, sort_keys=True).encode()
            target.writestr(zipfile.ZipInfo(name, _STAMP), content)
    return buffer.getvalue()
