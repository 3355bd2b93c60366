"""The ranges of a float .tflite's tensors, as TFLite's reference kernels compute them.

Purpose: int8 scales with the same bits on every machine. TFLite's own calibrator runs optimised float kernels, which choose their
order of summation by the CPU; the reference kernels are plain C loops, compiled once. Of libm they use the float functions
(exp of a softmax, tanh), whose last bit a pinned C library fixes (tools/rules/action.bzl).
Inputs: a .tflite with a range (min, max) for each tensor that is to be quantized, as TFLite's calibrator leaves it; windows.
Outputs: the same with the ranges that the windows cause. Errors: UserError for an LSTM with layer normalization.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from model.quantization.reference_versions import for_reference_kernels
from tools.errors import UserError

_MOVING = (schema.BuiltinOperator.RESHAPE, schema.BuiltinOperator.STRIDED_SLICE, schema.BuiltinOperator.EXPAND_DIMS,
           schema.BuiltinOperator.SQUEEZE, schema.BuiltinOperator.MAX_POOL_2D)
# Of a fused LSTM's inner values: what a projection would read. Without one, which is all that Keras has, it is the output itself.
_HIDDEN = 4


def set_ranges(content: bytes, windows: np.ndarray) -> bytes:
    """The .tflite with the least and the largest value of each tensor over windows float32 [N, *input_shape], each of which
    begins with fresh states."""
    changed = bytearray(content)
    graph = schema.Model.GetRootAs(changed, 0).Subgraphs(0)
    ranges = {index: range_ for index in range(graph.TensorsLength())
              if (range_ := graph.Tensors(index).Quantization()) is not None and range_.MinLength()}
    # No interpreter shows what is inside a fused operator.
    inside = _hidden_of(graph, set(ranges))
    seen = tuple(index for index in ranges if index not in inside)
    least, largest = _seen(content, windows, seen)
    for index, range_ in ranges.items():
        row = seen.index(inside.get(index, index))
        range_.MinAsNumpy()[0], range_.MaxAsNumpy()[0] = least[row], largest[row]  # views of `changed`
    return bytes(changed)


def with_ranges(content: bytes, ranges: Sequence[Sequence[float]]) -> bytes:
    """The .tflite with the given ranges, [low, high]: of its input, and of the outputs of the operators that compute, in their order. What
    only moves values has its input's. UserError where their number differs."""
    changed = bytearray(content)
    graph = schema.Model.GetRootAs(changed, 0).Subgraphs(0)
    codes = [schema.Model.GetRootAs(changed, 0).OperatorCodes(index).BuiltinCode()
             for index in range(schema.Model.GetRootAs(changed, 0).OperatorCodesLength())]
    found, left = {graph.Inputs(0): ranges[0]}, list(ranges[1:])
    operators = [graph.Operators(index) for index in range(graph.OperatorsLength())]
    computing = [operator for operator in operators if codes[operator.OpcodeIndex()] not in _MOVING]
    if len(computing) != len(left):
        raise UserError(f"ranges: of another network; got {len(left)}, want one for each of {len(computing)} operators. "
                        "Fix: train the network again")
    for operator in operators:
        found[operator.Outputs(0)] = left.pop(0) if operator in computing else found[operator.Inputs(0)]
    for index, (low, high) in found.items():
        quantization = graph.Tensors(index).Quantization()
        quantization.MinAsNumpy()[0], quantization.MaxAsNumpy()[0] = low, high  # views of `changed`
    return bytes(changed)


def _hidden_of(graph: schema.SubGraph, ranged: set[int]) -> dict[int, int]:
    """The tensors of `ranged` inside fused LSTMs, and the output that has the same values."""
    found = {}
    for operator in map(graph.Operators, range(graph.OperatorsLength())):
        for place in range(operator.IntermediatesLength()):
            if operator.Intermediates(place) in ranged:
                if place != _HIDDEN:
                    raise UserError(f"{graph.Tensors(operator.Outputs(0)).Name().decode()}: an LSTM whose gates are normalized; got "
                                    f"inner values {place}, want none. Fix: use an LSTM layer without layer normalization.")
                found[operator.Intermediates(place)] = operator.Outputs(0)
    return found


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
