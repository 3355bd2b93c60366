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
        raise _error(path, reason(error)) from error
    inputs, outputs = model.inputs or [], model.outputs or []
    if len(inputs) != 1 or len(outputs) != 1:
        raise wrong_number(path.name, len(inputs), len(outputs))
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
    describe = _hdf5_described if path.suffix in (".h5", ".hdf5") else _zip_described
    try:
        version, config = describe(path)
    except UserError:  # one of ours: it says more
        raise
    except Exception as error:  # HDF5 and zlib raise a dozen classes over damaged bytes
        raise _error(path, reason(error)) from error
    return version.decode() if isinstance(version, bytes) else str(version), _parsed(path, config)


def _hdf5_described(path: Path) -> tuple[object, object]:
    """Version and configuration as the file holds them."""
    if not h5py.is_hdf5(path):
        raise _error(path, "no HDF5 content")
    with h5py.File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise _error(path, "HDF5 without model_config (weights only?)")
        return file.attrs.get("keras_version", "2"), file.attrs["model_config"]


def _zip_described(path: Path) -> tuple[object, object]:
    """Version and configuration as the archive holds them."""
    if not zipfile.is_zipfile(path):
        raise _error(path, "no zip archive")
    with zipfile.ZipFile(path) as archive:
        if not {"metadata.json", "config.json"} <= set(archive.namelist()):
            raise _error(path, "zip archive without metadata.json and config.json")
        version = _parsed(path, archive.read("metadata.json")).get("keras_version", "3")
        return version, archive.read("config.json")


def _parsed(path: Path, text: str | bytes) -> dict:
    try:
        return _dict(json.loads(text))
    except (TypeError, ValueError) as error:
        raise _error(path, "a configuration that is no JSON") from error


def _refuse_unknown_layer(path: Path, library: types.ModuleType, config: dict) -> None:
    """UserError for the first layer of the configuration that cannot be made by itself; returns if there is none."""
    layers = _dict(config.get("config")).get("layers")
    for layer in map(_dict, layers if isinstance(layers, list) else []):
        why = _why_unreadable(library, layer)
        if why is not None:
            name = _dict(layer.get("config")).get("name", layer.get("name", "?"))
            raise UserError(f"{path.name}: layer {name} cannot be read; got {layer.get('class_name')}: {why}, want layers "
                            "of stock Keras. Fix: replace the layer, and save the model anew.")


def _dict(value: object) -> dict:
    """`value` if it is a mapping, else an empty one: a damaged configuration holds anything."""
    return value if isinstance(value, dict) else {}


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
        return reason(error)
    return None


def reason(error: Exception) -> str:
    """The first line of the error's text."""
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__


def wrong_number(name: str, inputs: int, outputs: int) -> UserError:
    """What is said about a model with other than one input and one output."""
    return UserError(f"{name}: wrong number of tensors; got {inputs} inputs and {outputs} outputs, want one of each. "
                     "Fix: split the model.")


def _error(path: Path, found: str) -> UserError:
    return UserError(f"{path.name}: no Keras model; got {found}, want a whole model saved as .keras or legacy .h5. "
                     "Fix: save it by model.save(...).")
