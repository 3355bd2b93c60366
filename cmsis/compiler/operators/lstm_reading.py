"""What a UNIDIRECTIONAL_SEQUENCE_LSTM of a .tflite file must look like, and what is refused of it.

TFLite's operator has 24 inputs, most of them for variants that Keras does not make: coupled gates, peepholes, projection,
layer normalisation.
"""

import math

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.ir import DType, Quantization, Tensor
from cmsis.compiler.node import Node
from tools.errors import UserError

_OPTIONS = schema.UnidirectionalSequenceLSTMOptions
_INPUTS = 24
_WEIGHTS, _RECURRENT, _BIASES, _HIDDEN, _CELL = range(1, 5), range(5, 9), range(12, 16), 18, 19
_VARIANTS = (("peepholes", range(9, 12)), ("a projection", range(16, 18)), ("layer normalisation", range(20, 24)))
_POWERS = range(-15, -8)
_HELP = "Fix: use keras.layers.LSTM as it is, or unroll=True"


def inputs(node: Node) -> tuple[int, ...]:
    """Returns the tensors of the IR's operator: input, weights, recurrent weights, biases, hidden and cell state; raises UserError."""
    if len(node.inputs) < _CELL + 1:
        raise UserError(f"{node.layer}: LSTM lacks inputs; got {len(node.inputs)}, want {_INPUTS}. Fix: export the .tflite again")
    for variant, numbers in _VARIANTS:
        if any(number < len(node.inputs) and node.inputs[number] >= 0 for number in numbers):
            raise UserError(f"{node.layer}: LSTM variant is not supported; got {variant}, want none. {_HELP}")
    if min(node.inputs[1], node.inputs[5]) < 0:
        raise UserError(f"{node.layer}: LSTM variant is not supported; got coupled input and forget gates, want both. {_HELP}")
    if node.option(_OPTIONS.FUSED_ACTIVATION_FUNCTION, "b") != schema.ActivationFunctionType.TANH:
        raise UserError(f"{node.layer}: activation of LSTM is not supported; got number"
                        f" {node.option(_OPTIONS.FUSED_ACTIVATION_FUNCTION, 'b')}, want tanh. Fix: use activation='tanh'")
    node.int8_input(0)
    node.int8_output()
    node.state(_HIDDEN)
    node.state(_CELL)
    _check_shapes(node)
    _check_types(node)
    return tuple(node.inputs[number] for number in (0, *_WEIGHTS, *_RECURRENT, *_BIASES, _HIDDEN, _CELL))


def _check_shapes(node: Node) -> None:
    source = node.input(0).shape
    batch = 1 if time_major(node) else 0
    if len(source) != 3 or source[batch] != 1:
        raise UserError(f"{node.layer}: LSTM needs one sequence; got input {list(source)}, want [1, steps, values]."
                        " Fix: use batch size 1")
    cells = node.input(_HIDDEN).shape[-1]
    wanted = [*((number, (cells, source[2])) for number in _WEIGHTS), *((number, (cells, cells)) for number in _RECURRENT),
              *((number, (cells,)) for number in _BIASES), (_HIDDEN, (1, cells)), (_CELL, (1, cells))]
    for number, shape in wanted:
        if node.input(number).shape != shape:
            raise UserError(f"{node.layer}: shape of LSTM's input {number} does not fit; got"
                            f" {list(node.input(number).shape)}, want {list(shape)}. Fix: export the .tflite again")


def _check_types(node: Node) -> None:
    for number in (*_WEIGHTS, *_RECURRENT):
        _expect(node, number, node.constant(number), DType.INT8)
    for number in _BIASES:
        _expect(node, number, node.constant(number), DType.INT32)
    cell = node.input(_CELL)
    _expect(node, _CELL, cell, DType.INT16)
    node.int8_operand(_HIDDEN)
    fraction, exponent = math.frexp(cell.quantization.scale)
    if fraction != 0.5 or exponent - 1 not in _POWERS:
        raise UserError(f"{node.layer}: scale of LSTM's cell state does not fit; got {cell.quantization.scale}, want a power of"
                        f" two from 2^{_POWERS[0]} to 2^{_POWERS[-1]}. Fix: calibrate the quantization again")


def _expect(node: Node, number: int, tensor: Tensor, dtype: DType) -> None:
    symmetric = dtype is DType.INT32 or tensor.quantization is not None and tensor.quantization.zero_points == (0,)
    if tensor.dtype is not dtype or not symmetric:
        raise UserError(f"{node.layer}: type of LSTM's input {number} does not fit; got {tensor.dtype.value} with"
                        f" {tensor.quantization}, want {dtype.value} with one scale and zero point 0."
                        " Fix: convert with TFLite's int8 quantization")


def hidden(node: Node) -> Quantization:
    """Returns the quantization of the output gate's product: the file's fifth intermediate tensor. Raises UserError."""
    found = node.tensors[node.intermediates[4]] if len(node.intermediates) == 5 and node.intermediates[4] >= 0 else None
    if found is None or found.dtype is not DType.INT8 or found.quantization is None or found.quantization.per_channel:
        raise UserError(f"{node.layer}: LSTM lacks the quantization of its hidden state; got {len(node.intermediates)}"
                        " intermediate tensors, want five, the last int8 with one scale. Fix: convert with TFLite's int8 quantization")
    return found.quantization


def cell_clip(node: Node) -> int:
    """Returns the bound of the cell state in its steps, 0 for none."""
    clip = node.option(_OPTIONS.CELL_CLIP, "f", 0.0)
    if not (math.isfinite(clip) and clip > 0):
        return 0
    limits = np.iinfo(np.int16)
    with np.errstate(over="ignore"):
        steps = np.float32(clip) / np.float32(node.input(_CELL).quantization.scale)
    return int(np.clip(steps, limits.min, limits.max))


def time_major(node: Node) -> bool:
    """Returns whether steps come before the batch."""
    return bool(node.option(_OPTIONS.TIME_MAJOR, "?", False))
