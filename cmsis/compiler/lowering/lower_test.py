"""Lowering: what is replaced, what stays a call of the public API, and that packed words hold the weights."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.fixed_point import requantize
from cmsis.compiler.lowering import average_pool_2d, packing
from cmsis.compiler.lowering.choose import CMSIS_NN, Policy
from cmsis.compiler.lowering.lower import lower
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.reshape import View
from cmsis.compiler.operators.window import Extent, extent
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing import random_models, small_models
from cmsis.testing.random_s16 import conv_2d_s16
from tools.errors import UserError


@pytest.fixture
def graph():
    return run_pipeline(reader.read(small_models.network(), "small"))


def _kernels(graph):
    return [operator.kernel_for(graph) for operator in graph.operators if not isinstance(operator, View)]


def test_cmsis_nn_keeps_the_public_api(graph):
    assert all(kernel.startswith("arm_") for kernel in _kernels(lower(graph, Policy(CMSIS_NN))))


def test_cmsis_nn_plans_the_scratch_of_arms_convolutions():
    # Source: arm_convolve_s8_get_buffer_size() and arm_depthwise_conv_wrapper_s8_get_buffer_size() of CMSIS-NN, without MVE.
    for seed in range(40):
        rng = np.random.default_rng(seed)
        graph = run_pipeline(reader.read(random_models.conv_2d(rng, one_row=False, grouped=True), "one"))
        _, height, width, channels = graph.input_of(graph.operators[0], 1).shape
        columns = -(-height * width * graph.tensors[graph.inputs[0]].shape[3] // 4) * 4
        found = lower(graph, Policy(CMSIS_NN)).operators[0].scratch_bytes(graph)
        assert found == max(4 * columns, graph.operators[0].scratch_bytes(graph))
        graph = run_pipeline(reader.read(random_models.depthwise_conv_2d(rng), "one"))
        operator, shape = graph.operators[0], graph.tensors[graph.inputs[0]].shape
        size, padding = operator.window.size, operator.window.padding(extent(graph.input_of(operator, 0)))
        packed = graph.output_of(operator).shape[3] == shape[3] and operator.window.dilation == Extent(1, 1) and not (
            size == Extent(3, 3) and padding.h <= 1 and padding.w <= 1)
        assert operator.for_cmsis_nn(graph).scratch_bytes(graph) == (2 * size.h * size.w * shape[3] if packed else 0)


@pytest.mark.parametrize("make", (random_models.transpose_conv, conv_2d_s16), ids=lambda make: make.__name__)
def test_cmsis_nn_plans_the_scratch_of_arms_functions_or_of_ours(make):
    # Whichever is larger: either library may be linked.
    # Source of the sizes: arm_transpose_conv_s8() and arm_convolve_s16_get_buffer_size() of CMSIS-NN, without MVE.
    for seed in range(20):
        graph = run_pipeline(reader.read(make(np.random.default_rng(seed)), "one"))
        operator, (filters, height, width, channels) = graph.operators[0], graph.tensors[graph.operators[0].inputs[1]].shape
        if make is conv_2d_s16 and channels < graph.tensors[graph.inputs[0]].shape[3]:
            with pytest.raises(UserError, match="CMSIS-NN convolves int16 without groups only; got 2 groups, want 1"):
                lower(graph, Policy(CMSIS_NN))
            continue
        source, stride = graph.tensors[graph.inputs[0]].shape, operator.window.stride
        wanted = 2 * 2 * height * width * channels if make is conv_2d_s16 else (
            4 * ((source[2] - 1) * stride.w + max(width, stride.w)) * max(height, stride.h) * filters)
        wanted = max(wanted, operator.scratch_bytes(graph))
        assert lower(graph, Policy(CMSIS_NN)).operators[0].scratch_bytes(graph) == wanted
        assert lower(graph, Policy()).operators[0].scratch_bytes(graph) == operator.scratch_bytes(graph)


def test_balanced_takes_prepared_kernels(graph):
    lowered = lower(graph, Policy())
    assert "edgeplug_fully_connected_s8" in _kernels(lowered)
    value = random_models.random_int8(np.random.default_rng(1), graph.tensors[graph.inputs[0]].shape)
    np.testing.assert_array_equal(evaluate(lowered, value), evaluate(graph, value))
    assert [operator.macs(lowered) for operator in lowered.operators] == [operator.macs(graph) for operator in graph.operators]


def test_a_weight_of_minus_128_does_not_pack():
    for seed in range(50):
        graph = run_pipeline(reader.read(random_models.fully_connected(np.random.default_rng(seed)), "one"))
        holds_minus_128 = weights.filter_matrix(graph, graph.operators[0]).min() == -128
        assert not (holds_minus_128 and packing.packs(graph, graph.operators[0]))


def test_quads_hold_every_weight_once():
    graph = run_pipeline(reader.read(random_models.fully_connected(np.random.default_rng(3)), "one"))
    matrix = weights.filter_matrix(graph, graph.operators[0])
    words = np.array(packing.quad_words(matrix, matrix.sum(axis=1)), np.uint32).reshape(-(-len(matrix) // 4), -1)[:, 4:]
    lanes = np.ascontiguousarray(words).view("<i2").astype(np.int64)
    low = (lanes + 128) % 256 - 128
    found = np.sort(np.concatenate((low.flatten(), ((lanes - low) // 256).flatten())))
    padded = np.pad(matrix.flatten(), (0, found.size - matrix.size))
    np.testing.assert_array_equal(found, np.sort(padded))


def test_global_averages_are_exact_for_every_count():
    """Sums on either side of each step of the average, and at the ends."""
    for count in average_pool_2d.COUNTS:
        halves = np.arange(-256, 256) * count // 2
        total = np.clip(np.concatenate((halves - 1, halves, halves + 1)), -128 * count, 127 * count)
        multiplier = average_pool_2d.factor(count)
        expected = np.sign(total) * ((np.abs(total) + count // 2) // count)
        np.testing.assert_array_equal(requantize(total, multiplier.value, multiplier.shift), expected, err_msg=f"{count} taps")
