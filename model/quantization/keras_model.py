"""Reads a trained Keras model in either file format, for TensorFlow.

Purpose: .keras (Keras 3) and legacy .h5 (Keras 2) by stock Keras on its TensorFlow backend. Importing this module chooses
the backend and switches off oneDNN, whose sums depend on the machine; it must come before keras and tensorflow.
Errors: UserError for a file that is no model, and for more than one input or output.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its start-up notes hide our progress

import zipfile  # noqa: E402 (after the environment, on purpose)
from pathlib import Path  # noqa: E402

import h5py  # noqa: E402
import keras  # noqa: E402

from tools.errors import UserError  # noqa: E402


def load(path: str | Path) -> keras.Model:
    """The model in `path` (.keras or .h5), with one input and one output."""
    path = Path(path)
    _check_content(path)
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its layers raise; all of it means: not loadable
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise _error(path, reason) from error
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise UserError(f"{path.name}: wrong number of tensors; got {len(model.inputs)} inputs and {len(model.outputs)} "
                        "outputs, want one of each. Fix: split the model.")
    return model


def input_shape(model: keras.Model, name: str) -> tuple[int, ...]:
    """The shape of one input window; UserError (naming the file `name`) if an axis is left open."""
    shape = tuple(model.inputs[0].shape[1:])
    if None in shape:
        raise UserError(f"{name}: input shape is open; got {list(shape)}, want fixed numbers. "
                        "Fix: give keras.Input a full shape.")
    return shape


def _check_content(path: Path) -> None:
    """Refuses early what Keras would refuse with a stack of its own."""
    if not path.is_file():
        raise _error(path, "no such file")
    if path.suffix == ".keras" and not zipfile.is_zipfile(path):
        raise _error(path, "no zip archive")
    if path.suffix in (".h5", ".hdf5"):
        if not h5py.is_hdf5(path):
            raise _error(path, "no HDF5 content")
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                raise _error(path, "HDF5 without model_config (weights only?)")


def _error(path: Path, found: str) -> UserError:
    return UserError(f"{path.name}: no Keras model; got {found}, want a whole model saved as .keras or legacy .h5. "
                     "Fix: save it by model.save(...).")
