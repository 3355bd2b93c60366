"""Builds .tflite files operator by operator, with whatever quantisation a test wants.

Inputs: Value and Call dataclasses. Outputs: the bytes of a file that TFLite and our reader accept.
"""

from dataclasses import dataclass

import flatbuffers
import numpy as np

from cmsis.compiler.operator_names import BUILTIN_VERSIONS
from cmsis.testing.tflite_schema import schema

_TYPES = {"int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32, "float32": schema.TensorType.FLOAT32,
          "int16": schema.TensorType.INT16, "int64": schema.TensorType.INT64}


@dataclass(frozen=True)
class Value:
    """A tensor; `data` makes it a constant, `state` a variable. `scales` empty means no quantisation."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "int8"
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0
    data: np.ndarray | None = None
    signature: tuple[int, ...] | None = None
    state: bool = False


@dataclass(frozen=True)
class Call:
    """An operator by its builtin's name; `options` is a schema options object, or None."""

    builtin: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: object = None
    intermediates: tuple[int, ...] = ()


def build(values: tuple[Value, ...], calls: tuple[Call, ...], inputs: tuple[int, ...], outputs: tuple[int, ...]) -> bytes:
    """Returns the bytes of a .tflite file."""
    model = schema.ModelT()
    model.version = 3
    codes = sorted({call.builtin for call in calls})
    model.operatorCodes = [_code(name) for name in codes]
    model.buffers = [schema.BufferT()]
    subgraph = schema.SubGraphT()
    subgraph.tensors = [_tensor(value, model.buffers) for value in values]
    subgraph.operators = [_operator(call, codes) for call in calls]
    subgraph.inputs, subgraph.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
    model.subgraphs = [subgraph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _code(name: str):
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = max(BUILTIN_VERSIONS[code.builtinCode], 1)
    return code


def _operator(call: Call, codes: list[str]):
    operator = schema.OperatorT()
    operator.opcodeIndex = codes.index(call.builtin)
    operator.inputs, operator.outputs = np.array(call.inputs, np.int32), np.array(call.outputs, np.int32)
    if call.intermediates:
        operator.intermediates = np.array(call.intermediates, np.int32)
    if call.options is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(call.options).__name__.removesuffix("T"))
        operator.builtinOptions = call.options
    return operator


def _tensor(value: Value, buffers: list):
    tensor = schema.TensorT()
    tensor.name, tensor.type = value.name, _TYPES[value.dtype]
    tensor.shape = np.array(value.shape, np.int32)
    tensor.isVariable = value.state
    if value.signature is not None:
        tensor.shapeSignature = np.array(value.signature, np.int32)
    if value.scales:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = np.array(value.scales, np.float32)
        tensor.quantization.zeroPoint = np.array(value.zero_points, np.int64)
        tensor.quantization.quantizedDimension = value.axis
    if value.data is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(value.data, value.dtype).tobytes(), np.uint8)
        tensor.buffer = len(buffers)
        buffers.append(buffer)
    return tensor
