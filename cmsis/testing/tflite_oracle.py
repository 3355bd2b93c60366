"""The oracle: TFLite's interpreter with its reference kernels."""

import os
from collections.abc import Iterable, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from model.quantization.reference_versions import for_reference_kernels

_BROKEN = frozenset({"SUM"})  # ROUNDING.md says how


def has_reference(builtins: Iterable[str]) -> bool:
    """Whether TFLite's reference kernels can judge a network of these operators."""
    return _BROKEN.isdisjoint(builtins)


class Oracle:
    """Runs a .tflite model with the reference kernels, or with the built-in ones where those are broken."""

    def __init__(self, model: bytes, reference: bool = True):
        """Loads the bytes of a file; raises ValueError or RuntimeError where TFLite refuses them."""
        kernels = tf.lite.experimental.OpResolverType
        self._interpreter = tf.lite.Interpreter(
            model_content=for_reference_kernels(model),
            experimental_op_resolver_type=kernels.BUILTIN_REF if reference else kernels.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        self._interpreter.allocate_tensors()
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of the first input, batch included."""
        return self.input_shapes[0]

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of all inputs, batch included."""
        return tuple(tuple(int(extent) for extent in detail["shape"]) for detail in self._inputs)

    @property
    def input_types(self) -> tuple[np.dtype, ...]:
        """The element types of all inputs."""
        return tuple(np.dtype(detail["dtype"]) for detail in self._inputs)

    def run(self, value: np.ndarray) -> np.ndarray:
        """Returns the first output for the only input."""
        return self.run_all([value])[0]

    def run_all(self, values: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Returns the outputs for `values`, one array per input, in the model's order; states are kept between calls."""
        for detail, value in zip(self._inputs, values, strict=True):
            self._interpreter.set_tensor(detail["index"], value.reshape(detail["shape"]))
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(detail["index"]) for detail in self._outputs)
