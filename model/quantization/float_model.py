"""A float network in whichever format it was saved: Keras 3 .keras, Keras 2 .h5 or .keras, or a SavedModel.

Purpose: what the steps that quantize ask of a network, without a look at its format. Inputs: a path; a folder is a
SavedModel. Errors: UserError naming the file, as keras_model.py and saved_model.py say.
"""

import dataclasses
from pathlib import Path

from model.quantization import keras_model, saved_model  # first: they choose the backend

from tools.errors import UserError

KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


@dataclasses.dataclass(frozen=True)
class FloatModel:
    """It maps float32 [N, *input_shape] to [N, *output_shape]; `source` is what convert.convert takes."""

    name: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    source: keras_model.Model | saved_model.SavedModel


def load(path: str | Path) -> FloatModel:
    """The float network in the file or folder `path`."""
    path = Path(path)
    if path.is_dir():
        exported = saved_model.load(path)
        return FloatModel(path.name, exported.input_shape, exported.output_shape, exported)
    if path.suffix not in KERAS_SUFFIXES:
        raise UserError(f"{path.name}: unknown format; got suffix {path.suffix!r}, want .keras, .h5, .tflite or the folder "
                        "of a SavedModel. Fix: save the model by model.save or model.export.")
    model = keras_model.load(path)
    return FloatModel(path.name, keras_model.input_shape(model, path.name), tuple(model.outputs[0].shape[1:]), model)
