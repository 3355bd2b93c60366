"""Makes a small Keras network and quantizes it with TFLite's converter, for the end-to-end tests.

Inputs: --network, a name of NETWORKS. Outputs: --model (.tflite) and --spec (.yaml) for the compiler.
The weights are random with a fixed seed: the tests ask for equal bits, not for good answers.
"""

import os
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
import tf_keras
from absl import flags
from keras import layers

from tools import errors

_NETWORK = flags.DEFINE_string("network", None, "Name of the network.", required=True)
_MODEL = flags.DEFINE_string("model", None, "Int8 model to write, .tflite.", required=True)
_SPEC = flags.DEFINE_string("spec", None, "Spec to write, .yaml.", required=True)

_CALIBRATION_INPUTS = 64
_SPEC_TEXT = "name: {name}\nclasses: [{classes}]\ntarget: stm32l476\nquantization: {{calibration_windows: 64}}\ngates: {{}}\n"


@dataclass(frozen=True)
class Network:
    """`stack` returns the layers; `shape` is one input without batch; `wide` asks for int16 activations; `library` is the Keras
    that the layers are from: only tf_keras' LSTM becomes UNIDIRECTIONAL_SEQUENCE_LSTM. With `more_shapes`, those of further
    inputs, `stack` takes the inputs and returns the outputs; the batch is 1 then, so that no shape is left to be computed.
    """

    name: str
    shape: tuple[int, ...]
    stack: Callable[..., list]
    wide: bool = False
    library: types.ModuleType = keras
    more_shapes: tuple[tuple[int, ...], ...] = ()


def _row() -> list:
    return [layers.Conv1D(8, 7, strides=4, padding="same", activation="relu"),
            layers.Conv1D(16, 5, strides=2, padding="same", activation="relu"),
            layers.Conv1D(15, 3, strides=2, activation="relu"), layers.GlobalAveragePooling1D(),
            layers.Dense(6, activation="softmax")]


def _dense() -> list:
    return [layers.Conv1D(16, 8, strides=8, activation="relu"), layers.Conv1D(10, 3, strides=2, padding="same"),
            layers.Flatten(), layers.Dense(33, activation="relu"), layers.Dense(5)]


def _image() -> list:
    return [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.DepthwiseConv2D(3, padding="same"),
            layers.ReLU(6.0), layers.AveragePooling2D(2), layers.Conv2D(8, 1), layers.GlobalAveragePooling2D(),
            layers.Dense(4), layers.Softmax()]


def _pooled() -> list:
    return [layers.Conv1D(8, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
            layers.MaxPooling1D(2), layers.AveragePooling1D(2), layers.Reshape((4, 16)), layers.Flatten(),
            layers.Dense(3, activation="softmax")]


class _SelfProduct(layers.Layer):
    """A matrix times its transpose: attention without weights."""

    def call(self, matrix):
        """Returns [batch, rows, rows]."""
        return layers.Dot(axes=(2, 2))([matrix, matrix])


def _grouped() -> list:
    return [layers.Conv2D(8, 3, groups=2, activation="relu"), layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
            layers.Reshape((16, 16)), _SelfProduct(), layers.Flatten(), layers.Dense(3, activation="softmax")]


def _wide() -> list:
    return [layers.Conv2D(6, 3, activation="relu"), layers.Conv2D(4, 3, strides=2, padding="same", groups=2), layers.Flatten(),
            layers.Dense(12, activation="relu"), layers.Dense(5)]


def _heard() -> list:
    return [tf_keras.layers.LSTM(7, return_sequences=True), tf_keras.layers.LSTM(6, return_sequences=True),
            tf_keras.layers.Flatten(), tf_keras.layers.Dense(3)]


def _unrolled_lstm() -> list:
    return [layers.LSTM(6, unroll=True, return_sequences=True), layers.LSTM(5, unroll=True), layers.Dense(3, activation="softmax")]


def _unrolled_gru() -> list:
    return [layers.Bidirectional(layers.GRU(4, unroll=True, return_sequences=True)),
            layers.GRU(5, unroll=True, reset_after=False), layers.Dense(3)]


class _Attention(layers.Layer):
    """A sequence that attends to itself."""

    def __init__(self):
        super().__init__()
        self._attention = layers.MultiHeadAttention(2, 4)

    def call(self, sequence):
        """Returns a sequence of the same shape."""
        return self._attention(sequence, sequence)


def _attentive() -> list:
    return [_Attention(), layers.Flatten(), layers.Dense(3, activation="softmax")]


def _branched(left, right) -> list:
    """Parts that are joined along channels and along rows, padded, cropped and turned."""
    joined = layers.Concatenate()([layers.Conv1D(8, 3, padding="same", activation="relu")(left),
                                   layers.Conv1D(4, 5, padding="same")(left)])
    turned = layers.Permute((2, 1))(layers.Conv1D(6, 3, strides=2)(layers.ZeroPadding1D(2)(joined)))
    large = layers.UpSampling2D()(right)
    rows = layers.Concatenate(axis=1)([layers.Conv2D(5, 3, activation="relu")(large),
                                       layers.DepthwiseConv2D(3)(layers.Conv2D(5, 1)(large))])
    cropped = layers.Cropping2D(((1, 2), (0, 0)))(rows)
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(6, 2)(cropped))
    return [layers.Dense(4, activation="softmax")(layers.Flatten()(turned)), layers.Dense(3)(pooled)]


NETWORKS = (
    Network("row", (128, 2), _row),
    Network("dense", (128, 2), _dense),
    Network("image", (12, 11, 1), _image),
    Network("pooled", (32, 3), _pooled),
    Network("grouped", (6, 6, 4), _grouped),
    Network("wide", (8, 7, 2), _wide, wide=True),
    Network("heard", (5, 3), _heard, library=tf_keras),
    Network("unrolled_lstm", (5, 3), _unrolled_lstm),
    Network("unrolled_gru", (4, 3), _unrolled_gru),
    Network("attentive", (6, 4), _attentive),
    Network("branched", (32, 3), _branched, more_shapes=((4, 5, 2),)),
)


def _converter(model, network: Network) -> tf.lite.TFLiteConverter:
    if network.library is keras:
        return tf.lite.TFLiteConverter.from_keras_model(model)
    inference = tf.function(lambda values: model(values)).get_concrete_function(tf.TensorSpec((1, *network.shape)))
    return tf.lite.TFLiteConverter.from_concrete_functions([inference], model)


def _quantize(model, network: Network) -> bytes:
    rng = np.random.default_rng(1)
    # Several by name: the converter changes their order.
    calibration = [{f"input_{index}": rng.normal(size=(1, *shape)).astype(np.float32) for index, shape in enumerate(
        (network.shape, *network.more_shapes))} for _ in range(_CALIBRATION_INPUTS)]
    converter = _converter(model, network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: calibration if network.more_shapes else (list(values.values()) for values in calibration)
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 if network.wide
        else tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int16 if network.wide else tf.int8
    return converter.convert()


def _model(network: Network):
    if not network.more_shapes:
        return network.library.Sequential([network.library.Input(network.shape), *network.stack()])
    inputs = [keras.Input(shape, 1, name=f"input_{index}") for index, shape in enumerate((network.shape, *network.more_shapes))]
    return keras.Model(inputs, network.stack(*inputs))


def _first_output(data: bytes) -> int:
    """Returns the elements of the first output; the converter may change the order."""
    return int(np.prod(tf.lite.Interpreter(model_content=data).get_output_details()[0]["shape"]))


def main(argv) -> None:
    """Writes the model and the spec."""
    del argv
    network = next((one for one in NETWORKS if one.name == _NETWORK.value), None)
    if network is None:
        raise errors.UserError(f"--network: unknown name; got {_NETWORK.value}, want one of"
                               f" {', '.join(one.name for one in NETWORKS)}. Fix: correct --network")
    network.library.utils.set_random_seed(7)
    model = _model(network)
    data = _quantize(model, network)
    classes = ", ".join(f"class_{index}" for index in range(_first_output(data)))
    Path(_MODEL.value).write_bytes(data)
    Path(_SPEC.value).write_text(_SPEC_TEXT.format(name=network.name, classes=classes), encoding="utf-8")


if __name__ == "__main__":
    errors.run(main)
