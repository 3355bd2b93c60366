"""Reads a TensorFlow SavedModel: a folder with saved_model.pb and variables/.

Purpose: what Keras' model.export, model.save of Keras 2 or tf.saved_model.save wrote, by its signature `serving_default`;
the Keras model that it may have been is not needed, so custom layers are no obstacle.
Inputs: the folder. Outputs: a SavedModel. Errors: UserError for a folder that holds none, a signature with more than one
input or output, a type other than float32, an open shape or a batch above 1.
"""

import dataclasses
from pathlib import Path

from model.quantization import keras_model  # first: it chooses the backend

import tensorflow as tf

from tools.errors import UserError

FILE = "saved_model.pb"
_SIGNATURE = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


@dataclasses.dataclass(frozen=True)
class SavedModel:
    """`function` maps float32 [1, *input_shape] to [1, *output_shape]; `owner` keeps its variables alive."""

    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    function: object
    owner: object

    def converter(self) -> tf.lite.TFLiteConverter:
        """TFLite's converter for the function."""
        return tf.lite.TFLiteConverter.from_concrete_functions([self.function], self.owner)


def load(path: str | Path) -> SavedModel:
    """The model in the folder `path`."""
    path = Path(path)
    if not (path / FILE).is_file():
        raise _error(path, f"a folder without {FILE}")
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # TensorFlow raises whatever its parsers and kernels raise; all of it means: not loadable
        raise _error(path, keras_model.reason(error)) from error
    signature = getattr(loaded, "signatures", {}).get(_SIGNATURE)
    if signature is None:
        raise _error(path, f"no signature {_SIGNATURE}")
    inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise keras_model.wrong_number(path.name, len(inputs), len(outputs))
    (argument, window), (result, score) = *inputs.items(), *outputs.items()
    _check(path, "input", window)
    _check(path, "output", score)

    def serve(value: tf.Tensor) -> tf.Tensor:
        return signature(**{argument: value})[result]

    one = tf.TensorSpec((1, *window.shape[1:]), tf.float32, name="window")
    function = tf.function(serve, input_signature=[one]).get_concrete_function()
    return SavedModel(tuple(window.shape[1:]), tuple(function.outputs[0].shape[1:]), function, loaded)


def _check(path: Path, what: str, spec: tf.TensorSpec) -> None:
    """Refuses a tensor of the signature that no network of ours can have."""
    shape = spec.shape.as_list() if spec.shape.rank is not None else None
    if spec.dtype != tf.float32:
        raise UserError(f"{path.name}: wrong {what} type; got {spec.dtype.name}, want float32. "
                        "Fix: export the network without its pre- or postprocessing.")
    if not shape or (what == "input" and (None in shape[1:] or shape[0] not in (None, 1))):
        raise UserError(f"{path.name}: {what} shape is open, or its batch is fixed above 1; got {shape}, want fixed numbers "
                        "behind an open batch or one of 1. Fix: give keras.Input a full shape, and export again.")


def _error(path: Path, found: str) -> UserError:
    return UserError(f"{path.name}: no SavedModel; got {found}, want a folder of tf.saved_model.save with signature "
                     f"{_SIGNATURE}. Fix: write it by model.export(...).")
