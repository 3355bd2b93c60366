"""drop_channels: channels that are known or not read go, with what makes and reads them, and no output changes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.passes.channel_ranges import channel_ranges
from cmsis.compiler.passes.drop_channels import drop_channels
from cmsis.compiler.verifier import verify
from cmsis.testing import small_models
from cmsis.testing.random_models import random_int8
from cmsis.testing.random_networks import pruned

_NETWORKS = 150


def _shapes(graph):
    return [graph.output_of(operator).shape for operator in graph.operators]


def test_outputs_stay():
    macs, live = 0, 0
    for seed in range(_NETWORKS):
        rng = np.random.default_rng(seed)
        before = reader.read(pruned(rng), "pruned")
        after = drop_channels(before)
        verify(after)
        for _ in range(3):
            value = random_int8(rng, before.tensors[before.inputs[0]].shape)
            np.testing.assert_array_equal(evaluate(after, value), evaluate(before, value), err_msg=f"seed {seed}")
        assert [after.nominal_macs_of(one) for one in after.operators] == [one.macs(before) for one in before.operators]
        macs += sum(operator.macs(before) for operator in before.operators)
        live += sum(operator.macs(after) for operator in after.operators)
    assert live < 0.6 * macs


def test_values_stay_within_their_ranges():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        graph = reader.read(pruned(rng), "pruned")
        values = {number: tensor.array() for number, tensor in enumerate(graph.tensors) if tensor.constant}
        values[graph.inputs[0]] = random_int8(rng, graph.tensors[graph.inputs[0]].shape)
        for operator in graph.operators:
            values[operator.outputs[0]] = operator.reference(graph, [values[number] for number in operator.inputs])
        for number, found in channel_ranges(graph).items():
            rows = values[number].reshape(-1, len(found.low))
            assert (rows >= found.low).all() and (rows <= found.high).all(), f"seed {seed}, {graph.tensors[number].name}"


def _with_filter(weights, bias):
    """The small network whose second filter of three has those weights and that bias; its outputs are at least -128, real zero."""
    values = small_models.network_values()
    kernel, biases = values[3].data.copy(), values[4].data.copy()
    kernel[1], biases[1] = weights, bias
    return small_models.network((*values[:3], replace(values[3], data=kernel), replace(values[4], data=biases), *values[5:]))


@pytest.mark.parametrize(("weights", "bias", "channels"), ((0, -7, 2), (0, 40, 2), (1, -7, 3)))
def test_a_filter_of_known_output_goes(weights, bias, channels):
    graph = reader.read(_with_filter(weights, bias), "small")
    after = drop_channels(graph)
    assert _shapes(after)[1:3] == [(1, 1, 4, channels), (1, 4 * channels)]
    assert after.input_of(after.operators[3], 1).shape == (4, 4 * channels)


def test_all_channels_dead_leave_one():
    values = list(small_models.network_values())
    values[3], values[4] = replace(values[3], data=values[3].data * 0), replace(values[4], data=values[4].data * 0 - 9)
    after = drop_channels(reader.read(small_models.network(tuple(values)), "small"))
    assert _shapes(after)[1:4] == [(1, 1, 4, 1), (1, 4), (1, 4)]


def test_the_plan_has_nominal_and_live_macs():
    plan = json.loads(compile_model(_with_filter(0, -7), "small", ("a", "b", "c", "d"), "small.h").plan)
    assert [(layer["macs"], layer["live_macs"]) for layer in plan["layers"] if layer["macs"]] == [(48, 32), (48, 32)]
    assert (plan["macs"], plan["live_macs"]) == (96, 64)


def test_a_live_network_stays():
    graph = reader.read(small_models.network(), "small")
    assert drop_channels(graph) == graph
