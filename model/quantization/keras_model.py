"""Reads a trained Keras model in either file format, for TensorFlow.

Purpose: what Keras 3 saved is read by Keras 3 on its TensorFlow backend, what Keras 2 saved by Keras 2 (the package
tf_keras), by the version in the file: Keras 3 refuses the arguments that Keras 2 wrote for some layers. Importing this module
chooses the backend and switches off oneDNN, whose sums depend on the machine; it must come before keras and tensorflow.
Errors: UserError for a file that is no model, a layer that stock Keras does not have, and more than one input or output.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its start-up notes hide our progress

import json  # noqa: E402 (after the environment, on purpose)
import types  # noqa: E402
import zipfile  # noqa: E402
from pathlib import Path  # noqa: E402

import h5py  # noqa: E402
import keras  # noqa: E402
import tf_keras  # noqa: E402

from tools.errors import UserError  # noqa: E402

Model = keras.Model | tf_keras.Model


def load(path: str | Path) -> Model:
    """The model in `path` (.keras or .h5), with one input and one output."""
    path = Path(path)
    version, config = _described(path)
    library = keras if version.startswith("3") else tf_keras
    try:
        model = library.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its layers raise; all of it means: not loadable
        _refuse_unknown_layer(path, library, config)
        raise _error(path, _reason(error)) from error
    inputs, outputs = model.inputs or [], model.outputs or []
    if len(inputs) != 1 or len(outputs) != 1:
        raise UserError(f"{path.name}: wrong number of tensors; got {len(inputs)} inputs and {len(outputs)} "
                        "outputs, want one of each. Fix: split the model.")
    return model


def library_of(model: Model) -> types.ModuleType:
    """The Keras that made `model`: keras (3) or tf_keras (2)."""
    return tf_keras if isinstance(model, tf_keras.Model) else keras


def input_shape(model: Model, name: str) -> tuple[int, ...]:
    """The shape of one input window; UserError (naming the file `name`) if an axis is left open."""
    shape = tuple(model.inputs[0].shape[1:])
    if None in shape:
        raise UserError(f"{name}: input shape is open; got {list(shape)}, want fixed numbers. "
                        "Fix: give keras.Input a full shape.")
    return shape


def _described(path: Path) -> tuple[str, object]:
    """The version of Keras that saved the file, and the parsed configuration; refuses a file that has none."""
    if not path.is_file():
        raise _error(path, "no such file")
    if path.suffix in (".h5", ".hdf5"):
        if not h5py.is_hdf5(path):
            raise _error(path, "no HDF5 content")
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                raise _error(path, "HDF5 without model_config (weights only?)")
            version, config = file.attrs.get("keras_version", "2"), file.attrs["model_config"]
    else:
        if not zipfile.is_zipfile(path):
            raise _error(path, "no zip archive")
        with zipfile.ZipFile(path) as archive:
            if not {"metadata.json", "config.json"} <= set(archive.namelist()):
                raise _error(path, "zip archive without metadata.json and config.json")
            metadata, config = archive.read("metadata.json"), archive.read("config.json")
            version = _parsed(path, metadata).get("keras_version", "3")
    return version.decode() if isinstance(version, bytes) else str(version), _parsed(path, config)


def _parsed(path: Path, text: str | bytes) -> dict:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise _error(path, "a configuration that is no JSON") from error
    return parsed if isinstance(parsed, dict) else {}


def _refuse_unknown_layer(path: Path, library: types.ModuleType, config: dict) -> None:
    """UserError for the first layer of the configuration that cannot be made by itself; returns if there is none."""
    inside = config.get("config")
    layers = inside.get("layers", []) if isinstance(inside, dict) else []
    for layer in layers:
        reason = _why_unreadable(library, layer)
        if reason is not None:
            name = layer.get("config", {}).get("name", layer.get("name", "?"))
            raise UserError(f"{path.name}: layer {name} cannot be read; got {layer.get('class_name')}: {reason}, want layers "
                            "of stock Keras. Fix: replace the layer, and save the model anew.")


def _why_unreadable(library: types.ModuleType, layer: dict) -> str | None:
    """Why a layer of a configuration cannot be made, or None if it can (or is a model of its own)."""
    name = layer.get("class_name")
    if name in ("Functional", "Model", "Sequential"):
        return None
    kind = getattr(library.layers, str(name), None)
    if kind is None:
        return "no layer of that name"
    try:
        kind.from_config(layer.get("config", {}))
    except Exception as error:  # as above
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    """The first line of the error's text."""
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__


def _error(path: Path, found: str) -> UserError:
    return UserError(f"{path.name}: no Keras model; got {found}, want a whole model saved as .keras or legacy .h5. "
                     "Fix: save it by model.save(...).")
