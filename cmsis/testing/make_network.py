"""Makes a small Keras network and quantizes it with TFLite's converter, for the end-to-end tests.

Inputs: --network, a name of NETWORKS. Outputs: --model (.tflite) and --spec (.yaml) for the compiler.
The weights are random with a fixed seed: the tests ask for equal bits, not for good answers.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
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
    """`stack` returns the layers; `shape` is one input without batch; `wide` asks for int16 activations."""

    name: str
    shape: tuple[int, ...]
    stack: Callable[[], list]
    wide: bool = False


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


NETWORKS = (
    Network("row", (128, 2), _row),
    Network("dense", (128, 2), _dense),
    Network("image", (12, 11, 1), _image),
    Network("pooled", (32, 3), _pooled),
    Network("grouped", (6, 6, 4), _grouped),
    Network("wide", (8, 7, 2), _wide, wide=True),
)


def _quantize(model, shape: tuple[int, ...], wide: bool) -> bytes:
    rng = np.random.default_rng(1)
    calibration = rng.normal(size=(_CALIBRATION_INPUTS, 1, *shape)).astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([value] for value in calibration)
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 if wide
        else tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int16 if wide else tf.int8
    return converter.convert()


def main(argv) -> None:
    """Writes the model and the spec."""
    del argv
    network = next((one for one in NETWORKS if one.name == _NETWORK.value), None)
    if network is None:
        raise errors.UserError(f"--network: unknown name; got {_NETWORK.value}, want one of"
                               f" {', '.join(one.name for one in NETWORKS)}. Fix: correct --network")
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input(network.shape), *network.stack()])
    data = _quantize(model, network.shape, network.wide)
    classes = ", ".join(f"class_{index}" for index in range(model.output_shape[-1]))
    Path(_MODEL.value).write_bytes(data)
    Path(_SPEC.value).write_text(_SPEC_TEXT.format(name=network.name, classes=classes), encoding="utf-8")


if __name__ == "__main__":
    errors.run(main)
