"""The ranges of a float .tflite's tensors, as TFLite's reference kernels compute them.

Purpose: int8 scales with the same bits on every machine. TFLite's own calibrator runs optimised float kernels, which choose their
order of summation by the CPU; the reference kernels are plain C loops, compiled once. Of libm they use the float functions
(exp of a softmax, tanh), whose last bit a pinned C library fixes (tools/rules/action.bzl).
Inputs: a .tflite with a range (min, max) for each tensor that is to be quantized, as TFLite's calibrator leaves it; windows.
Outputs: the same with the ranges that the windows cause. Known gap: `has_intermediates`.
"""

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from model.quantization.reference_versions import for_reference_kernels


def has_intermediates(content: bytes) -> bool:
    """Whether an operator (a fused LSTM) has ranges of values that no interpreter shows: those are TFLite's calibrator's."""
    graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    return any(graph.Operators(index).IntermediatesLength() for index in range(graph.OperatorsLength()))


def set_ranges(content: bytes, windows: np.ndarray) -> bytes:
    """The .tflite with the least and the largest value of each tensor over windows float32 [N, *input_shape], each of which
    begins with fresh states."""
    changed = bytearray(content)
    graph = schema.Model.GetRootAs(changed, 0).Subgraphs(0)
    hidden = {tensor for index in range(graph.OperatorsLength()) for tensor in _intermediates(graph.Operators(index))}
    ranges = {index: range_ for index in range(graph.TensorsLength()) if index not in hidden
              and (range_ := graph.Tensors(index).Quantization()) is not None and range_.MinLength()}
    least, largest = _seen(content, windows, tuple(ranges))
    for row, range_ in enumerate(ranges.values()):
        range_.MinAsNumpy()[0], range_.MaxAsNumpy()[0] = least[row], largest[row]  # views of `changed`
    return bytes(changed)


def _intermediates(operator: schema.Operator) -> list[int]:
    return [operator.Intermediates(index) for index in range(operator.IntermediatesLength())]


def _seen(content: bytes, windows: np.ndarray, indices: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest value of each of the tensors `indices`, float32 [len(indices)]."""
    interpreter = tf.lite.Interpreter(
        model_content=for_reference_kernels(content), experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    least, largest = np.full(len(indices), np.inf, np.float32), np.full(len(indices), -np.inf, np.float32)
    for window in windows:
        interpreter.reset_all_variables()
        interpreter.set_tensor(source, window[None])
        interpreter.invoke()
        values = [interpreter.get_tensor(index) for index in indices]
        least = np.minimum(least, [value.min() for value in values])
        largest = np.maximum(largest, [value.max() for value in values])
    return least, largest
