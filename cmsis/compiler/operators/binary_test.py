"""Operators on two tensors: how broadcast shapes are walked, what becomes of constants, and what is refused."""

from string import Template

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.operators.binary import FoldedBinary
from cmsis.compiler.operators.broadcast import axes_of, loops, scratch_bytes
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.random_models import random_int8
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError

_SHAPES = (
    ((1, 4, 5), (1, 4, 5)), ((1, 4, 5), (5,)), ((1, 4, 5), (1, 4, 1)), ((1, 4, 5), ()), ((1, 2, 3, 4), (1, 2, 1, 4)),
    ((1, 1, 3, 1), (1, 2, 1, 4)), ((1, 3, 1, 5), (1, 1, 4, 1)), ((1, 128), (1, 1)), ((1, 1), (1, 127)), ((1, 1), (1, 1)),
    ((1, 2, 1, 3, 1, 2), (1, 1, 2, 1, 3, 1)),
)


@pytest.mark.parametrize("shapes", (*_SHAPES, *(pair[::-1] for pair in _SHAPES)), ids=str)
def test_axes_meet_the_pairs_that_numpy_does(shapes):
    axes = axes_of(*shapes)
    grid = np.indices([axis.extent for axis in axes]).reshape(len(axes), -1)
    target = np.broadcast_shapes(*shapes)
    for index, shape in enumerate(shapes):
        walked = np.array([axis.steps[index] for axis in axes]) @ grid
        wanted = np.broadcast_to(np.arange(np.prod(shape, dtype=int)).reshape(shape), target)
        np.testing.assert_array_equal(walked, wanted.flatten())


def test_equal_shapes_are_one_row_and_long_repeats_are_cut():
    assert [axis.extent for axis in axes_of((1, 4, 5), (1, 4, 5))] == [20]
    assert [axis.extent for axis in axes_of((1, 2, 96), (1, 2, 1))] == [2, 2, 48]
    assert scratch_bytes(axes_of((1, 2, 96), (1, 2, 1))) == 48
    assert scratch_bytes(axes_of((1, 97), (1, 1))) == 97


def test_loops():
    call = Template("kernel($first, $second, $output, $count)")
    assert loops(axes_of((1, 2, 3, 4), (1, 2, 1, 4)), ("a", "b + 8"), "y", "NULL", call) == (
        "for (int32_t i0 = 0; i0 < 2; i0++)\n        for (int32_t i1 = 0; i1 < 3; i1++)\n            "
        "kernel(a + i0 * 12 + i1 * 4, b + 8 + i0 * 4, y + i0 * 12 + i1 * 4, 4)")
    assert loops(axes_of((1, 2, 3), (1, 2, 1)), ("a", "b"), "y", "s", call) == (
        "for (int32_t i0 = 0; i0 < 2; i0++)\n        kernel(a + i0 * 3, memset(s, *(b + i0), 3), y + i0 * 3, 3)")


def _model(builtin="ADD", *, first=(1, 4), second=(1, 4), scales=(0.1, 0.2, 0.3), zero_points=(3, -4, 5), constants=(),
           activation=schema.ActivationFunctionType.NONE):
    options = {"ADD": schema.AddOptionsT, "SUB": schema.SubOptionsT, "MUL": schema.MulOptionsT}.get(builtin, lambda: None)()
    if options:
        options.fusedActivationFunction = activation
    values = [Value(f"net/sum/{index}", shape, "int8", (scale,), (zero_point,), data=np.ones(shape) if index in constants else None)
              for index, (shape, scale, zero_point) in enumerate(zip((first, second, first), scales, zero_points))]
    computed = tuple(index for index in (0, 1) if index not in constants)
    return build(tuple(values), (Call(builtin, (0, 1), (2,), options),), computed or (0,), (2,))


_REFUSED = (
    (_model(constants=(0, 1)), "sum: both operands of ADD are constant; got net/sum/0 and net/sum/1"),
    (_model(second=(1, 3)), "sum: shapes of ADD do not fit each other; got [1, 4] and [1, 3]"),
    (_model(second=(1, 1, 4)), "sum: shape of ADD does not follow from its inputs; got [1, 4], want [1, 1, 4]"),
    (_model(scales=(1.0, 2.0, 2.0 ** -18)), "sum: output steps of ADD are too fine; got scale 3.8"),
    (_model("SUB", scales=(1.0, 2.0, 1e-30)), "sum: output steps of SUB are too fine"),
    (_model(activation=schema.ActivationFunctionType.TANH), "sum: fused activation of ADD is not supported"),
    (_model("MUL", scales=(1.0, 1.0, 2.0 ** -13)), "sum: MUL enlarges too much; got scales 1.0 and 1.0 in and 0.0001"),
    (_model("MUL", scales=(1e18, 1e18, 1e-9)), "sum: MUL enlarges too much"),
    (_model("MAXIMUM"), "sum: MAXIMUM can't rescale; got scales and zero points"),
    (_model("MINIMUM", scales=(0.1, 0.1, 0.1), zero_points=(3, 3, 4)), "sum: MINIMUM can't rescale"),
    (_model("PRELU", constants=(0,)), "sum: input 0 of PRELU is constant"),
    (_model("PRELU", scales=(1.0, 1.0, 2.0 ** -13)), "sum: PRELU enlarges too much"),
    (_model("PRELU", first=(1, 1, 4), second=(1, 3, 1), constants=(1,)), "sum: alpha of PRELU does not fit; got [1, 3, 1]"),
)


@pytest.mark.parametrize(("model", "message"), _REFUSED, ids=range(len(_REFUSED)))
def test_refused(model, message):
    with pytest.raises(UserError) as caught:
        reader.read(model, "model")
    assert str(caught.value).startswith(message)
    assert "Fix: " in str(caught.value)


@pytest.mark.parametrize("index", (0, 1))
def test_a_constant_of_one_element_makes_a_look_up(index):
    shapes = ((), (1, 4)) if index == 0 else ((1, 4), (1,))
    values = [Value(f"net/sum/{number}", shape, "int8", (0.1 + number,), (number,), data=np.array(7) if number == index else None)
              for number, shape in enumerate((*shapes, (1, 4)))]
    graph = reader.read(build(tuple(values), (Call("SUB", (0, 1), (2,), schema.SubOptionsT()),), (1 - index,), (2,)), "model")
    (operator,) = graph.operators
    assert isinstance(operator, FoldedBinary) and (operator.builtin, operator.inputs) == ("SUB", (1 - index,))


def test_one_tensor_as_both_operands_makes_a_look_up():
    values = tuple(Value(f"value{index}", (1, 4), "int8", (0.1 + index,), (3,)) for index in range(2))
    model = build(values, (Call("MUL", (0, 0), (1,), schema.MulOptionsT()),), (0,), (1,))
    assert "edgeplug_lookup_s8(input, 4, " in compile_model(model, "square", ("a", "b", "c", "d"), "square.h").source
    value = random_int8(np.random.default_rng(0), (1, 4))
    graph = reader.read(model, "square")
    np.testing.assert_array_equal(evaluate(run_pipeline(graph), value), evaluate(graph, value))
