"""The oracle: what TFLite's reference kernels say to int8 windows.

Inputs: a .tflite with one int8 input and one int8 output. Outputs: int8 scores.
Non-goals: optimised kernels and delegates; they round otherwise.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

from tools.errors import UserError


class Reference:
    """A .tflite, run by BUILTIN_REF."""

    def __init__(self, path: str) -> None:
        """Reads the model; UserError if it is none."""
        try:
            self._interpreter = tf.lite.Interpreter(
                model_content=Path(path).read_bytes(), num_threads=1,
                experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
            self._interpreter.allocate_tensors()
        except (OSError, ValueError, RuntimeError) as error:
            raise UserError(f"{Path(path).name}: TFLite refuses it; got {type(error).__name__}, want a .tflite. "
                            "Fix: quantize the model again") from error
        (self._input,) = self._interpreter.get_input_details()
        (self._output,) = self._interpreter.get_output_details()

    @property
    def input_quantization(self) -> tuple[float, int]:
        """Scale and zero point of the input."""
        return self._input["quantization"]

    def scores(self, windows: np.ndarray) -> np.ndarray:
        """int8 [N, classes] of int8 windows [N, ...]."""
        shaped = windows.reshape(len(windows), *self._input["shape"])
        return np.array([self._invoke(window) for window in shaped], np.int8)

    def _invoke(self, window: np.ndarray) -> np.ndarray:
        self._interpreter.set_tensor(self._input["index"], window)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"])[0]
