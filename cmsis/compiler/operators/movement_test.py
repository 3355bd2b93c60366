"""Operators that move bytes: what costs nothing, and what is refused."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.pipeline import run_pipeline
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.replay import replay
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError


def _value(name: str, *shape: int) -> Value:
    return Value(name, shape, "int8", (0.5,), (3,))


def _integers(*values: int) -> Value:
    return Value("numbers", (len(values),), "int32", data=np.array(values, np.int32))


def _pool() -> object:
    options = schema.Pool2DOptionsT()
    options.filterHeight = options.filterWidth = options.strideH = options.strideW = 1
    return options


def _options(kind: str, **fields) -> object:
    options = getattr(schema, f"{kind}OptionsT")()
    for name, value in fields.items():
        setattr(options, name, value)
    return options


def _plan(values, calls, inputs, outputs):
    graph = run_pipeline(reader.read(build(values, calls, inputs, outputs), "moves"))
    plan = plan_memory(graph)
    replay(graph, plan)
    return plan


def test_parts_are_computed_inside_the_whole():
    values = (_value("input", 1, 2, 3, 4), _value("low", 1, 2, 3, 4), _value("high", 1, 2, 3, 4), _value("all", 1, 4, 3, 4),
              _value("output", 1, 4, 3, 4))
    calls = (Call("MAX_POOL_2D", (0,), (1,), _pool()), Call("AVERAGE_POOL_2D", (0,), (2,), _pool()),
             Call("CONCATENATION", (2, 1), (3,), _options("Concatenation", axis=1)), Call("MAX_POOL_2D", (3,), (4,), _pool()))
    plan = _plan(values, calls, (0,), (4,))
    assert [step.builtin for step in plan.steps] == ["MAX_POOL_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"]
    low, high, whole = (plan.place_of(number).offset for number in (1, 2, 3))
    assert (high, low) == (whole, whole + 24)


def test_an_output_of_parts_is_filled_in_place():
    values = (_value("input", 1, 2, 3, 4), _value("low", 1, 2, 3, 4), _value("high", 1, 2, 3, 4), _value("output", 1, 4, 3, 4))
    calls = (Call("MAX_POOL_2D", (0,), (1,), _pool()), Call("AVERAGE_POOL_2D", (0,), (2,), _pool()),
             Call("CONCATENATION", (2, 1), (3,), _options("Concatenation", axis=1)))
    plan = _plan(values, calls, (0,), (3,))
    assert [step.builtin for step in plan.steps] == ["MAX_POOL_2D", "AVERAGE_POOL_2D"]
    assert plan.place_of(1).buffer == plan.place_of(2).buffer == 3


def test_pieces_are_views():
    values = (_value("input", 1, 4, 3, 2), _value("middle", 1, 4, 3, 2), _value("low", 1, 2, 3, 2), _value("high", 1, 2, 3, 2),
              _value("output", 1, 2, 3, 2), _value("second", 1, 2, 3, 2), _integers(1))
    calls = (Call("MAX_POOL_2D", (0,), (1,), _pool()), Call("SPLIT", (6, 1), (2, 3), _options("Split", numSplits=2)),
             Call("MAX_POOL_2D", (3,), (4,), _pool()), Call("MAX_POOL_2D", (2,), (5,), _pool()))
    plan = _plan(values, calls, (0,), (4, 5))
    assert [step.builtin for step in plan.steps] == ["MAX_POOL_2D"] * 3
    assert plan.place_of(3).offset == plan.place_of(1).offset + 12


def test_parts_that_lie_elsewhere_are_copied():
    """Halves in the other order: one view would have to lie in two places."""
    values = (_value("input", 1, 4), _value("low", 1, 2), _value("high", 1, 2), _value("output", 1, 4), _integers(1))
    calls = (Call("SPLIT", (4, 0), (1, 2), _options("Split", numSplits=2)),
             Call("CONCATENATION", (2, 1), (3,), _options("Concatenation", axis=1)))
    plan = _plan(values, calls, (0,), (3,))
    assert [step.builtin for step in plan.steps] == ["CONCATENATION"]
    assert plan.arena_bytes == 4


_REFUSED = (
    ((_value("input", 1, 4), Value("output", (1, 4), "int8", (0.25,), (3,))), Call("RESHAPE", (0,), (1,)),
     "must keep type and quantization"),
    ((_value("input", 1, 4, 2), _value("output", 1, 2, 4), _integers(0, 2, 2)),
     Call("TRANSPOSE", (0, 2), (1,), schema.TransposeOptionsT()), r"wants each axis once; got \[0, 2, 2\]"),
    ((_value("input", 1, 4), _value("output", 1, 2), _integers(0, 3), _integers(1, 2)),
     Call("SLICE", (0, 2, 3), (1,), schema.SliceOptionsT()), "SLICE leaves the value or is empty"),
    ((_value("input", 1, 4), _value("output", 1, 2), _integers(0, 3), _integers(1, 3), _integers(1, 1)),
     Call("STRIDED_SLICE", (0, 2, 3, 4), (1,), schema.StridedSliceOptionsT()), "STRIDED_SLICE leaves the value or is empty"),
    ((_value("input", 1, 4), _value("output", 1, 2), _integers(0, 0, 0), _integers(1, 4, 1), _integers(1, 1, 1)),
     Call("STRIDED_SLICE", (0, 2, 3, 4), (1,), schema.StridedSliceOptionsT()), r"leaves the value or is empty; got \[0, 0, 0\]"),
    ((_value("input", 1, 4), _value("output", 1, 4), _integers(0, 0), _integers(1, 4), _integers(1, 1)),
     Call("STRIDED_SLICE", (0, 2, 3, 4), (1,), _options("StridedSlice", ellipsisMask=3)), r"empty; got \[0, 0\] and \[1, 4\]"),
    ((_value("input", 1, 4), _value("output", 1, 2), _integers(0, -3), _integers(1, 2), _integers(1, 1)),
     Call("STRIDED_SLICE", (0, 2, 3, 4), (1,), _options("StridedSlice", offset=True)), r"empty; got \[0, -3\] and \[1, 2\]"),
    ((_value("input", 1, 4), _value("output", 1, 4), _integers(0, 0, 1)),
     Call("PAD", (0, 2), (1,), schema.PadOptionsT()), "borders of PAD do not fit the value"),
    ((_value("input", 1, 5), _value("output", 1, 2), _integers(1)),
     Call("SPLIT", (2, 0), (1,), _options("Split", numSplits=1)), "shape of SPLIT does not follow"),
    ((_value("input", 1, 5), _value("output", 1, 5), _integers(1)),
     Call("SPLIT", (2, 0), (1,), _options("Split", numSplits=2)), "outputs of SPLIT are not as many as it says; got 1, want 2"),
    ((_value("input", 1, 5), _value("output", 1, 2), _integers(1), _integers(2)),
     Call("SPLIT_V", (0, 3, 2), (1,), _options("SplitV", numSplits=1)), r"pieces of SPLIT_V do not fit the value; got 1"),
    ((_value("input", 1, 5), _value("output", 1)), Call("UNPACK", (0,), (1,), _options("Unpack", axis=1)),
     "pieces of UNPACK do not fit the value; got 1 outputs"),
    ((_value("input", 1, 5), _value("output", 1, 5)),
     Call("CONCATENATION", (0,), (1,), _options("Concatenation", axis=2)), "axis of CONCATENATION is outside the shape; got 2"),
    ((_value("input", 1, 5), _value("output", 1, 10)),
     Call("CONCATENATION", (0, 0), (1,), _options("Concatenation", axis=1, fusedActivationFunction=1)),
     "fused activation of CONCATENATION is not supported"),
    ((_value("input", 1, 5), _value("output", 1, 7), _value("part", 2, 2)),
     Call("CONCATENATION", (0, 2), (1,), _options("Concatenation", axis=1)), "parts of CONCATENATION differ in more than axis 1"),
    ((_value("input", 1, 5), _value("output", 1, 2, 5), _value("part", 1, 4)),
     Call("PACK", (0, 2), (1,), _options("Pack", axis=1, valuesCount=2)), "parts of PACK differ"),
    ((_value("input", 1, 5), _value("output", 1, 5), _integers(1, 0)),
     Call("TILE", (0, 2), (1,), schema.TileOptionsT()), "TILE does not fit the value"),
    ((_value("input", 1, 5, 5, 1), _value("output", 1, 5, 5, 1), _integers(5, 0)),
     Call("RESIZE_NEAREST_NEIGHBOR", (0, 2), (1,), schema.ResizeNearestNeighborOptionsT()),
     "size of RESIZE_NEAREST_NEIGHBOR; got"),
    ((_value("input", 1, 5), _value("output", 1), _integers(2)), Call("MEAN", (0, 2), (1,), schema.ReducerOptionsT()),
     "axis of MEAN is outside the shape; got 2"),
    ((_value("input", 1, 5), Value("output", (1,), "int8", (1e-30,), (3,)), _integers(1)),
     Call("SUM", (0, 2), (1,), schema.ReducerOptionsT()), "scales of SUM do not fit; got 0.5 in and"),
)


@pytest.mark.parametrize(("values", "call", "message"), _REFUSED, ids=[message for _, _, message in _REFUSED])
def test_refused(values, call, message):
    with pytest.raises(UserError, match=message):
        run_pipeline(reader.read(build(values, (call,), (0,), (1,)), "broken"))
