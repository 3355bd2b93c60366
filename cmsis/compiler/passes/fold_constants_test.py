"""fold_constants: shapes and whatever follows from them become constants; outputs of the network stay computed."""

import numpy as np

from cmsis.compiler import reader
from cmsis.compiler.passes.fold_constants import fold_constants
from cmsis.compiler.passes.remove_dead_operators import remove_dead_operators
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema


def _model(outputs: tuple[int, ...] = (6,)) -> bytes:
    """RESHAPE of [1, 4, 6] to a shape that SHAPE, STRIDED_SLICE and PACK compute."""
    like = ("int8", (0.5,), (3,))
    values = (Value("input", (1, 4, 6), *like), Value("shape", (3,), "int32"),
              Value("begin", (1,), "int32", data=np.array([0])), Value("end", (1,), "int32", data=np.array([1])),
              Value("batch", (), "int32"), Value("rest", (), "int32", data=np.array(24)), Value("output", (1, 24), *like),
              Value("target", (2,), "int32"))
    slicing, packing = schema.StridedSliceOptionsT(), schema.PackOptionsT()
    slicing.shrinkAxisMask, packing.valuesCount = 1, 2
    calls = (Call("SHAPE", (0,), (1,), schema.ShapeOptionsT()), Call("STRIDED_SLICE", (1, 2, 3, 3), (4,), slicing),
             Call("PACK", (4, 5), (7,), packing), Call("RESHAPE", (0, 7), (6,)))
    return build(values, calls, (0,), outputs)


def test_shapes_become_constants():
    graph = fold_constants(reader.read(_model(), "small"))
    assert [operator.builtin for operator in graph.operators] == ["RESHAPE"]
    np.testing.assert_array_equal(graph.tensors[1].array(), [1, 4, 6])
    np.testing.assert_array_equal(graph.tensors[7].array(), [1, 24])
    assert remove_dead_operators(graph) == graph


def _filled() -> bytes:
    """ADD of the input and of what FILL makes of the batch, which SHAPE and STRIDED_SLICE compute, and 6."""
    like = ("int8", (0.5,), (3,))
    values = (Value("input", (1, 6), *like), Value("shape", (2,), "int32"), Value("begin", (1,), "int32", data=np.array([0])),
              Value("end", (1,), "int32", data=np.array([1])), Value("batch", (), "int32"),
              Value("rest", (), "int32", data=np.array(6)), Value("extents", (2,), "int32"),
              Value("zero", (), *like, data=np.array(3)), Value("state", (1, 6), *like), Value("output", (1, 6), *like))
    slicing, packing = schema.StridedSliceOptionsT(), schema.PackOptionsT()
    slicing.shrinkAxisMask, packing.valuesCount = 1, 2
    calls = (Call("SHAPE", (0,), (1,), schema.ShapeOptionsT()), Call("STRIDED_SLICE", (1, 2, 3, 3), (4,), slicing),
             Call("PACK", (4, 5), (6,), packing), Call("FILL", (6, 7), (8,), schema.FillOptionsT()),
             Call("ADD", (0, 8), (9,), schema.AddOptionsT()))
    return build(values, calls, (0,), (9,))


def test_a_first_state_becomes_a_constant():
    graph = fold_constants(reader.read(_filled(), "small"))
    assert [operator.builtin for operator in graph.operators] == ["ADD"]
    np.testing.assert_array_equal(graph.tensors[8].array(), np.full((1, 6), 3))


def test_outputs_stay_computed():
    graph = fold_constants(reader.read(_model(outputs=(6, 4)), "small"))
    assert [operator.builtin for operator in graph.operators] == ["STRIDED_SLICE", "PACK", "RESHAPE"]
