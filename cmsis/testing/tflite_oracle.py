"""The oracle: TFLite's interpreter with its reference kernels."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf


class Oracle:
    """Runs a .tflite model with the reference kernels."""

    def __init__(self, model: bytes):
        """Loads the bytes of a file; raises ValueError or RuntimeError where TFLite refuses them."""
        self._interpreter = tf.lite.Interpreter(
            model_content=model, experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input, batch included."""
        return tuple(int(extent) for extent in self._input["shape"])

    def run(self, value: np.ndarray) -> np.ndarray:
        """Returns the int8 output for an int8 input."""
        self._interpreter.set_tensor(self._input["index"], value.reshape(self._input["shape"]))
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"])
