"""Passes on look-ups: fold_binaries, fuse_look_ups, fuse_clamps and remove_identities save steps and change no output."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.fixed_point import Clamp
from cmsis.compiler.ir import Places
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.passes.fold_binaries import fold_binaries
from cmsis.compiler.passes.fuse_clamps import fuse_clamps
from cmsis.compiler.passes.fuse_look_ups import fuse_look_ups
from cmsis.compiler.passes.remove_dead_operators import remove_dead_operators
from cmsis.compiler.passes.remove_identities import Unchanged, remove_identities
from cmsis.compiler.pipeline import run_pipeline
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.replay import replay
from cmsis.testing import small_models
from cmsis.testing.random_models import random_int8, random_scale, random_zero_point
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema

_SHAPE = (1, 4, 3)


def _chain(*steps, scales, shapes=(), outputs=None):
    """Returns a graph of operators in a row on one tensor; `scales` are scale and zero point of each tensor."""
    values = tuple(Value(f"net/value{index}/x", shapes[index] if shapes else _SHAPE, "int8", (scale,), (zero_point,))
                   for index, (scale, zero_point) in enumerate(scales))
    calls = tuple(Call(step, (index,), (index + 1,)) for index, step in enumerate(steps))
    return reader.read(build(values, calls, (0,), outputs or (len(steps),)), "chain")


def _names(graph):
    return [operator.builtin for operator in graph.operators]


def _assert_same(before, after, rng):
    for _ in range(8):
        value = random_int8(rng, before.tensors[before.inputs[0]].shape)
        np.testing.assert_array_equal(evaluate(after, value), evaluate(before, value))


@pytest.mark.parametrize("seed", range(20))
def test_three_look_ups_become_one(seed):
    rng = np.random.default_rng(seed)
    steps = rng.choice(("RELU", "RELU6", "TANH", "QUANTIZE", "RELU_N1_TO_1"), 3)
    graph = _chain(*steps, scales=[(random_scale(rng), random_zero_point(rng)) for _ in range(4)])
    fused = remove_dead_operators(fuse_look_ups(graph))
    assert _names(fused) == [steps[-1]]
    _assert_same(graph, fused, rng)


def test_views_between_look_ups_do_not_matter():
    graph = _chain("TANH", "RESHAPE", "QUANTIZE", scales=((0.1, 3), (1 / 128, 0), (1 / 128, 0), (0.02, 5)),
                   shapes=(_SHAPE, _SHAPE, (1, 12), (1, 12)))
    fused = run_pipeline(graph)
    assert _names(fused) == ["QUANTIZE"]
    _assert_same(graph, fused, np.random.default_rng(0))


def test_a_result_that_is_an_output_stays():
    graph = _chain("TANH", "QUANTIZE", scales=((0.1, 3), (1 / 128, 0), (0.02, 5)), outputs=(1, 2))
    assert fuse_look_ups(graph) == graph


def test_a_result_with_two_readers_stays():
    values = tuple(Value(f"value{index}", _SHAPE, "int8", (0.1 + index,), (3,)) for index in range(4))
    calls = (Call("TANH", (0,), (1,)), Call("QUANTIZE", (1,), (2,)), Call("QUANTIZE", (1,), (3,)))
    graph = reader.read(build(values, calls, (0,), (2, 3)), "fork")
    assert fuse_look_ups(graph) == graph


def _convolution_and_relu(low: int, second: tuple[float, int]):
    """Returns the small network whose convolution clamps from `low` on, with a RELU6 of quantization `second` behind it."""
    values = list(small_models.network_values())
    values[5] = Value("net/conv/BiasAdd", (1, 1, 4, 3), "int8", (0.05,), (low,))
    values[7] = Value("net/flatten/Reshape", (1, 12), "int8", second[:1], second[1:])
    values.append(Value("net/relu/Relu6", (1, 1, 4, 3), "int8", second[:1], second[1:]))
    calls = list(small_models.network_calls())
    calls[2:3] = [Call("RELU6", (5,), (11,)), Call("RESHAPE", (11, 6), (7,))]
    return reader.read(small_models.network(tuple(values), tuple(calls)), "small")


def test_a_clamp_joins_the_convolution_in_front():
    graph = _convolution_and_relu(-100, (0.05, -100))
    fused = remove_dead_operators(fuse_clamps(graph))
    assert "RELU6" not in _names(fused)
    assert next(operator for operator in fused.operators if isinstance(operator, Conv2D)).clamp == Clamp(-100, 20)
    _assert_same(graph, fused, np.random.default_rng(1))


def test_a_clamp_that_rescales_stays():
    assert "RELU6" in _names(fuse_clamps(_convolution_and_relu(-100, (0.1, -100))))


def test_an_identity_becomes_a_view():
    graph = _chain("QUANTIZE", "TANH", scales=((0.5, 3), (0.5, 3), (1 / 128, 0)))
    cleaned = remove_identities(graph)
    assert isinstance(cleaned.operators[0], Unchanged)
    _assert_same(graph, cleaned, np.random.default_rng(2))


@pytest.mark.parametrize(("steps", "outputs"), ((("QUANTIZE",), (1,)), (("TANH", "QUANTIZE"), (1, 2))))
def test_an_identity_that_fills_an_output_is_a_copy(steps, outputs):
    graph = _chain(*steps, scales=((0.5, 3),) * (len(steps) + 1), outputs=outputs)
    cleaned = remove_identities(graph)
    plan = plan_memory(cleaned)
    replay(cleaned, plan)
    assert isinstance(plan.steps[-1], Unchanged)
    _assert_same(graph, cleaned, np.random.default_rng(3))


def test_equal_tables_are_one_constant():
    graph = _chain("TANH", "QUANTIZE", "TANH", scales=((0.1, 3), (1 / 128, 0), (0.1, 3), (1 / 128, 0)))
    first, _, second = (operator.emit(graph, Places("layer", ("source",), ("target",), "NULL")) for operator in graph.operators)
    assert first.constants == second.constants


def _hard_swish_of_parts(shape=_SHAPE):
    """Returns x * relu6(x + 3) / 6, as Keras 2 writes it, where x is the tanh of the input."""
    values = (Value("input", shape, "int8", (0.1,), (3,)), Value("x", shape, "int8", (1 / 128,), (0,)),
              Value("three", (), "int8", (3 / 127,), (0,), data=np.array(127)), Value("x + 3", shape, "int8", (0.03,), (-128,)),
              Value("gate", shape, "int8", (0.025,), (-128,)), Value("product", shape, "int8", (0.03,), (-10,)),
              Value("sixth", (1,), "int8", (1 / 6 / 127,), (0,), data=np.array(127)), Value("output", shape, "int8", (0.005,), (-9,)))
    calls = (Call("TANH", (0,), (1,)), Call("ADD", (1, 2), (3,), schema.AddOptionsT()), Call("RELU6", (3,), (4,)),
             Call("MUL", (1, 4), (5,), schema.MulOptionsT()), Call("MUL", (5, 6), (7,), schema.MulOptionsT()))
    return reader.read(build(values, calls, (0,), (7,)), "hard_swish")


def test_operands_that_follow_from_one_tensor_fold():
    graph = _hard_swish_of_parts()
    folded = fold_binaries(graph)
    assert [operator.inputs for operator in folded.operators] == [(0,), (1,), (3,), (1,), (5,)]
    fused = run_pipeline(graph)
    assert len(fused.operators) == 1
    _assert_same(graph, fused, np.random.default_rng(3))


def test_operands_of_two_tensors_stay():
    values = tuple(Value(f"value{index}", _SHAPE, "int8", (0.1,), (3,)) for index in range(4))
    calls = (Call("TANH", (0,), (2,)), Call("ADD", (2, 1), (3,), schema.AddOptionsT()))
    graph = reader.read(build(values, calls, (0, 1), (3,)), "two")
    assert fold_binaries(graph) == graph
