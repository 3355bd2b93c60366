"""Optimised and plain kernels, as Cortex-M4 code, against NumPy: equal to the bit, and within their buffers.

A target for each of the two kinds. Each random case runs once per fence, with another buffer against a page boundary each time: a stray access faults.
"""

from itertools import cycle

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.ir import Graph, Operator, Tensor
from cmsis.compiler.lowering.lower import candidates
from cmsis.compiler.operators.fully_connected import WIDE_KERNEL
from cmsis.compiler.operators.reshape import View
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.kernel_arguments import wide_units
from cmsis.testing.kernel_calls import fences, run_kernel
from cmsis.testing.m4 import M4, find
from cmsis.testing.operator_cases import OPERATOR_CASES, OperatorCase
from cmsis.testing.random_look_ups import LOOK_UPS
from cmsis.testing.random_models import conv_2d, fully_connected, random_values

_MODELS = 200
# Look-ups share two kernels: clamps and tables of all kinds come from one of them.
_SAME_KERNEL = tuple(builtin.lower() for builtin in LOOK_UPS if builtin != "QUANTIZE")
_CASES = (*(case for case in OPERATOR_CASES if case.name not in _SAME_KERNEL),
          OperatorCase("conv_2d_without_bias", lambda rng: conv_2d(rng, one_row=False, biased=False)))
# How many of the random models must have a prepared kernel: most do, but of pools only those over a whole image.
_LOWERED = {"add": 100, "average_pool_2d": 10, "conv_1d": 100, "conv_2d": 100, "conv_2d_alternate": 100, "conv_2d_padded": 50,
            "depthwise_conv_2d": 100, "depthwise_conv_2d_padded": 50, "fully_connected": 100, "fully_connected_alternate": 100, "sub": 100}
_PREPARED = tuple(case for case in OPERATOR_CASES if case.name in _LOWERED)
_NO_IMPL_ERROR = -2
_ARG_ERROR = -1


@pytest.fixture(scope="module", params=("optimised", "plain"))
def core(request):
    return M4(find(f"cmsis/testing/{request.param}_kernels.elf"))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_kernel_equals_reference(core, case):
    for seed in range(_MODELS):
        rng = np.random.default_rng(seed)
        graph = run_pipeline(reader.read(case.make(rng), case.name))
        operator = _first(graph)
        for fence in fences(graph, operator):
            values = [_value(rng, graph.tensors[number]) for number in operator.inputs]
            actuals = run_kernel(core, graph, operator, values, fence)
            expected = operator.references(graph, values)
            states = [value for number, value in zip(operator.inputs, values) if graph.tensors[number].state]
            for actual, wanted in zip(actuals, (*expected, *states), strict=True):
                np.testing.assert_array_equal(actual, wanted, err_msg=f"seed {seed}, {fence} fenced")


def _first(graph: Graph) -> Operator:
    """The first operator that is more than a view, if there is one."""
    return next((operator for operator in graph.operators if not isinstance(operator, View)), graph.operators[0])


def _value(rng: np.random.Generator, tensor: Tensor) -> np.ndarray:
    return tensor.array() if tensor.constant else random_values(rng, tensor.shape, np.dtype(tensor.dtype.value))


@pytest.mark.parametrize("case", _PREPARED, ids=lambda case: case.name)
def test_prepared_kernel_equals_reference(core, case):
    """The implementations that the compiler may choose take turns from fence to fence."""
    met, wanted = 0, _LOWERED[case.name]
    for seed in range(_MODELS):
        rng = np.random.default_rng(seed)
        graph = run_pipeline(reader.read(case.make(rng), case.name))
        found = candidates(graph, _first(graph))
        met += bool(found)
        for fence, implementation in zip(fences(graph, found[0]) if found else (), cycle(found)):
            values = [_value(rng, graph.tensors[number]) for number in implementation.inputs]
            expected = implementation.reference(graph, values)
            (actual,) = run_kernel(core, graph, implementation, values, fence)
            np.testing.assert_array_equal(actual, expected, err_msg=f"seed {seed}, {fence} fenced, {implementation}")
    assert met >= wanted, f"{case.name}: too few models with an implementation; got {met}, want {wanted}"


def test_wide_units_equal_reference_and_leave_the_others(core):
    for seed in range(_MODELS):
        rng = np.random.default_rng(seed)
        graph = run_pipeline(reader.read(fully_connected(rng), "one"))
        operator = graph.operators[0]
        count = graph.output_of(operator).elements
        units = tuple(sorted(rng.choice(count, int(rng.integers(1, count + 1)), replace=False).tolist()))
        core.release()
        value, before = _value(rng, graph.tensors[operator.inputs[0]]), random_values(rng, (count,), np.dtype(np.int8))
        output = core.array(before)
        core.call(WIDE_KERNEL, wide_units(core, graph, operator, units), core.array(value), output)
        values = [value, *(graph.tensors[number].array() for number in operator.inputs[1:])]
        expected = before.copy()
        expected[list(units)] = operator.reference(graph, values).flatten()[list(units)]
        np.testing.assert_array_equal(core.read(output, count, "int8"), expected, err_msg=f"seed {seed}")


def _convolve(core, *, channels=4, filter_channels=4, outputs=1, scratch=64, upscale=0):
    core.release()
    buffer = core.words(core.painted(scratch) if scratch else 0, scratch)
    parameters = core.words(0, 0, 1, 1, 0, 0, 1, 1, -128, 127)
    quantization = core.words(core.words(1 << 30), core.words(0))
    return core.call("arm_convolve_s8", buffer, parameters, quantization, core.words(1, 1, 1, channels),
                     core.painted(channels), core.words(1, 1, 1, filter_channels), core.painted(channels), 0, 0, upscale,
                     core.words(1, 1, 1, outputs), core.painted(1))


def test_convolution_refuses_odd_groups_upscaling_and_missing_scratch(core):
    assert _convolve(core) == 0
    assert _convolve(core, filter_channels=2) == _ARG_ERROR
    assert _convolve(core, filter_channels=3, outputs=2) == _ARG_ERROR
    assert _convolve(core, filter_channels=8, outputs=2) == _ARG_ERROR
    assert _convolve(core, upscale=core.words(1, 2, 2, 1)) == _NO_IMPL_ERROR
    assert _convolve(core, scratch=0) == _ARG_ERROR


def _transpose_conv(core, *, scratch=32, dilation=1):
    core.release()
    parameters = core.words(0, 0, 1, 1, 0, 0, 0, 0, dilation, 1, -128, 127)
    one = core.words(1, 1, 1, 1)
    return core.call("arm_transpose_conv_s8", core.words(core.painted(scratch) if scratch else 0, scratch), core.words(0, 0),
                     parameters, core.words(core.words(1 << 30), core.words(0)), one, core.painted(1), one, core.painted(1), 0,
                     0, one, core.painted(1))


def test_transposed_convolution_refuses_dilation_and_missing_scratch(core):
    assert _transpose_conv(core) == 0
    assert _transpose_conv(core, dilation=2) == _NO_IMPL_ERROR
    assert _transpose_conv(core, scratch=0) == _ARG_ERROR


def _matmul(core, *, depth=4, scratch=8):
    core.release()
    one = core.words(1, 1, 1, 1)
    return core.call("arm_batch_matmul_s8", core.words(core.painted(scratch) if scratch else 0, scratch),
                     core.words(0, 0, 0, 0, -128, 127), core.words(1 << 30, 0), core.words(1, 1, 1, 4), core.painted(4),
                     core.words(1, 1, 1, depth), core.painted(4), one, core.painted(1))


def test_matrix_product_refuses_extents_that_differ_and_missing_scratch(core):
    assert _matmul(core) == 0
    assert _matmul(core, depth=3) == _ARG_ERROR
    assert _matmul(core, scratch=0) == _ARG_ERROR


def test_row_convolution_refuses_odd_strides(core):
    core.release()
    parameters = core.words(0, 0, 1, 1, 0, 0, 1, 1, -128, 127)
    image = core.words(1, 1, 8, 3)
    status = core.call("arm_convolve_1_x_n_s8", core.words(core.painted(64), 64), parameters, 0, image, 0,
                       core.words(1, 1, 1, 3), 0, 0, 0, image, 0)
    assert status == _ARG_ERROR


def test_fully_connected_refuses_asymmetric_weights(core):
    core.release()
    parameters = core.words(0, 1, 0, -128, 127)
    one = core.words(1, 1, 1, 1)
    status = core.call("arm_fully_connected_s8", core.words(core.painted(8), 8), parameters, core.words(1 << 30, 0), one, core.painted(4),
                       one, core.painted(4), 0, 0, one, core.painted(4))
    assert status == _NO_IMPL_ERROR


def test_fully_connected_refuses_missing_scratch(core):
    core.release()
    one = core.words(1, 1, 1, 1)
    status = core.call("arm_fully_connected_s8", core.words(0, 0), core.words(0, 0, 0, -128, 127), core.words(1 << 30, 0),
                       one, core.painted(4), one, core.painted(4), 0, 0, one, core.painted(4))
    assert status == _ARG_ERROR


@pytest.mark.parametrize("kernel", ("arm_avgpool_s8", "arm_max_pool_s8"))
def test_pools_refuse_windows_outside_the_input(core, kernel):
    for padding, status in ((0, 0), (-1, _ARG_ERROR), (1, _ARG_ERROR)):
        core.release()
        one = core.words(1, 1, 1, 1)
        parameters = core.words(1, 1, padding, 0, -128, 127)
        assert core.call(kernel, core.words(0, 0), parameters, one, core.painted(1), one, one, core.painted(1)) == status


def _average_row(core, values):
    """The average of each channel of `values` [taps, channels] by one window."""
    core.release()
    taps, channels = values.shape
    output, parameters = core.painted(channels), core.words(1, 1, 0, 0, -128, 127)
    assert core.call("arm_avgpool_s8", core.words(0, 0), parameters, core.words(1, 1, taps, channels), core.array(values),
                     core.words(1, 1, taps, 1), core.words(1, 1, 1, channels), output) == 0
    return core.read(output, channels)


def test_average_pool_is_exact_for_every_number_of_taps(core):
    """The ends and ties; lanes of 16 bits hold up to 256 taps."""
    for taps in (*range(1, 260), 511, 512, 513):
        values = np.empty((taps, 4), np.int8)
        values[:, 0], values[:, 1] = -128, 127
        # Half a count, positive and negative: ties.
        values[:, 2] = np.arange(taps) < taps // 2
        values[:, 3] = -(np.arange(taps) < taps // 2).astype(np.int8)
        total = values.sum(axis=0, dtype=np.int64)
        expected = np.sign(total) * ((np.abs(total) + taps // 2) // taps)
        np.testing.assert_array_equal(_average_row(core, values), expected, err_msg=f"{taps} taps")


def test_factor_of_average_pool_equals_division():
    """arm_avgpool_s8's floor(sum * factor / 2^30 + 1/2), for every count of taps and every sum."""
    for count in range(1, 257):
        total = np.arange(-128 * count, 127 * count + 1, dtype=np.int64)
        scaled = total * ((1 << 30) // count + 1) >> 16
        expected = np.sign(total) * ((np.abs(total) + count // 2) // count)
        np.testing.assert_array_equal(scaled + (1 << 13) >> 14, expected, err_msg=f"{count} taps")
