"""Small fixed models for unit tests: a two-layer network, and ways to break it."""

from collections.abc import Callable
from dataclasses import replace

import flatbuffers
import numpy as np

from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema


def network_values() -> tuple[Value, ...]:
    """Tensors of the network: Conv1D(3, 2, stride 2) on [8, 2], flattened, Dense(4), softmax."""
    kernel = (np.arange(12) % 7 - 3).reshape(3, 1, 2, 2)
    matrix = (np.arange(48) % 11 - 5).reshape(4, 12)
    return (
        Value("input", (1, 8, 2), "int8", (0.5,), (3,), signature=(-1, 8, 2)),
        Value("net/conv/ExpandDims", (1, 1, 8, 2), "int8", (0.5,), (3,)),
        Value("axis", (), "int32", data=np.array(1)),
        Value("kernel", (3, 1, 2, 2), "int8", (0.25, 0.5, 0.125), (0, 0, 0), 0, kernel),
        Value("bias", (3,), "int32", (0.125, 0.25, 0.0625), (0, 0, 0), 0, np.array([5, -7, 11])),
        Value("net/conv/Relu;net/conv/BiasAdd", (1, 1, 4, 3), "int8", (0.75,), (-128,)),
        Value("shape", (2,), "int32", data=np.array([1, 12])),
        Value("net/flatten/Reshape", (1, 12), "int8", (0.75,), (-128,)),
        Value("matrix", (4, 12), "int8", (0.02,), (0,), 0, matrix),
        Value("net/dense/MatMul", (1, 4), "int8", (0.1,), (-4,)),
        Value("output", (1, 4), "int8", (1 / 256,), (-128,)),
    )


def network_calls() -> tuple[Call, ...]:
    """Operators of the network."""
    convolution = schema.Conv2DOptionsT()
    convolution.padding, convolution.strideW, convolution.strideH = schema.Padding.SAME, 2, 1
    convolution.dilationWFactor = convolution.dilationHFactor = 1
    convolution.fusedActivationFunction = schema.ActivationFunctionType.RELU
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    return (
        Call("EXPAND_DIMS", (0, 2), (1,), schema.ExpandDimsOptionsT()),
        Call("CONV_2D", (1, 3, 4), (5,), convolution),
        Call("RESHAPE", (5, 6), (7,)),
        Call("FULLY_CONNECTED", (7, 8, -1), (9,), schema.FullyConnectedOptionsT()),
        Call("SOFTMAX", (9,), (10,), softmax),
    )


def network(values: tuple[Value, ...] | None = None, calls: tuple[Call, ...] | None = None,
            inputs: tuple[int, ...] = (0,)) -> bytes:
    """Returns the network's file, with other tensors or operators where given."""
    return build(values or network_values(), calls or network_calls(), inputs, (10,))


def branches() -> bytes:
    """Two inputs [4] and [6]; a dense layer of each; the left one is read twice; outputs [3], [5] and [3]."""
    def dense(name: str, units: int, depth: int, scale: float) -> tuple[Value, Value]:
        return (Value(f"{name} weights", (units, depth), "int8", (0.02,), (0,), 0,
                      (np.arange(units * depth) * 5 % 23 - 11).reshape(units, depth)),
                Value(f"twins/{name}/MatMul", (1, units), "int8", (scale,), (-3,)))
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    values = (Value("left", (1, 4), "int8", (0.5,), (3,)), Value("right", (1, 6), "int8", (0.25,), (-7,)),
              *dense("trunk", 7, 4, 0.1), *dense("score", 3, 7, 0.05), *dense("side", 5, 7, 0.05),
              *dense("other", 3, 6, 0.1), Value("scores", (1, 5), "int8", (1 / 256,), (-128,)))
    calls = tuple(Call("FULLY_CONNECTED", inputs, outputs, schema.FullyConnectedOptionsT()) for inputs, outputs in (
        ((0, 2, -1), (3,)), ((1, 8, -1), (9,)), ((3, 4, -1), (5,)), ((3, 6, -1), (7,))))
    return build(values, (*calls, Call("SOFTMAX", (7,), (10,), softmax)), (0, 1), (9, 10, 5))


def with_value(index: int, **changes) -> bytes:
    """Returns the network with one tensor changed."""
    values = list(network_values())
    values[index] = replace(values[index], **changes)
    return network(values=tuple(values))


def with_call(index: int, **changes) -> bytes:
    """Returns the network with one operator changed."""
    calls = list(network_calls())
    calls[index] = replace(calls[index], **changes)
    return network(calls=tuple(calls))


def changed(change: Callable[[object], None], model: bytes) -> bytes:
    """Returns `model` after `change` of its schema's ModelT, for fields that Value and Call don't have."""
    unpacked = schema.ModelT.InitFromPackedBuf(model)
    change(unpacked)
    builder = flatbuffers.Builder(1024)
    builder.Finish(unpacked.Pack(builder), b"TFL3")
    return bytes(builder.Output())
