"""The reader: a good file becomes a graph; a bad one becomes a message that names what is wrong."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.testing import small_models
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError


def _compile(model: bytes):
    return compile_model(model, "small", ("a", "b", "c", "d"), "small.h")


def test_graph_of_a_good_file():
    graph = reader.read(small_models.network(), "small")
    assert [operator.layer for operator in graph.operators] == [
        "conv", "conv#2", "flatten", "dense", "softmax"]
    assert graph.tensors[5].quantization.zero_point == -128
    assert graph.tensors[3].quantization.scales == (0.25, 0.5, 0.125)
    np.testing.assert_array_equal(graph.tensors[4].array(), [5, -7, 11])


_BROKEN = (
    (b"", "model: not a .tflite file"),
    (b"not a model at all, but long enough", "model: not a .tflite file"),
    (small_models.network()[:600], "offset points outside the file"),
    (small_models.with_value(0, dtype="float32"), "conv: tensor input of EXPAND_DIMS is not int8"),
    (small_models.with_value(5, dtype="int16"), "is not int8"),
    (small_models.with_value(7, scales=(), zero_points=()), "has no quantization"),
    (small_models.with_value(9, zero_points=(300,)), "must be int8 with one scale"),
    (small_models.with_value(0, shape=(2, 8, 2)), "want int8 with batch size 1"),
    (small_models.with_value(0, signature=(-1, -1, 2)), "input: dynamic or empty shape"),
    (small_models.with_value(0, shape=(1, 0, 2)), "input: dynamic or empty shape"),
    (small_models.with_value(0, shape=(1, 1 << 30, 1 << 30)), "input: tensor is too large"),
    (small_models.with_value(3, data=np.zeros(5)), "kernel: constant does not fill its shape"),
    (small_models.with_value(3, scales=(0.25, 0.5), zero_points=(0, 0)), "kernel: per-channel scales do not fit"),
    (small_models.with_value(3, scales=(0.25, -0.5, 0.125)), "kernel: bad quantization"),
    (small_models.with_value(3, zero_points=(0, 1, 0)), "weights of CONV_2D must be symmetric int8"),
    (small_models.with_value(3, shape=(3, 1, 4, 1)), "want [filters, height, width, 2 / groups] with filters a multiple"),
    (small_models.with_value(3, data=None), "input 1 of CONV_2D must be constant"),
    (small_models.with_value(4, dtype="int8"), "bias of CONV_2D does not fit"),
    (small_models.with_value(5, shape=(1, 1, 5, 3)), "shape of CONV_2D does not follow from its inputs"),
    (small_models.with_value(7, shape=(1, 11)), "weights do not fit the input"),
    (small_models.with_value(10, scales=(0.5,)), "softmax: softmax with unusual parameters"),
    (small_models.with_call(1, builtin="SELECT_V2", options=None), "conv#2: operator is not supported; got SELECT_V2"),
    (small_models.with_call(1, inputs=(1, 3, 4, 99)), "CONV_2D name a tensor that does not exist; got 99"),
    (small_models.with_call(1, inputs=(1,)), "conv#2: CONV_2D lacks input 1"),
    (small_models.with_call(1, outputs=()), "conv_2d: CONV_2D has no output"),
    (small_models.network(calls=small_models.network_calls()[::-1]), "before it is computed"),
    (small_models.with_call(2, outputs=(5,)), "which has a value already"),
    (small_models.with_call(2, outputs=(7, 9)), "shape of RESHAPE does not follow from its inputs; got [1, 12] and [1, 4]"),
    (small_models.network(inputs=()), "model: no inputs or no outputs; got 0 and 1"),
    (small_models.network(inputs=(0, 0)), "model: a tensor is listed twice as input; got 2 inputs, want 1"),
)


@pytest.mark.parametrize(("model", "message"), _BROKEN, ids=range(len(_BROKEN)))
def test_bad_file(model, message):
    with pytest.raises(UserError) as caught:
        _compile(model)
    assert message in str(caught.value)
    assert "Fix: " in str(caught.value) and "; got " in str(caught.value)


def test_unfusable_activation():
    options = small_models.network_calls()[1].options
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    with pytest.raises(UserError, match="fused activation of CONV_2D is not supported"):
        _compile(small_models.with_call(1, options=options))


def test_sums_that_overflow():
    with pytest.raises(UserError, match="sums of CONV_2D may overflow"):
        _compile(small_models.with_value(4, data=np.array([1 << 30, 0, 0])))


def test_every_truncation_is_an_error():
    model = small_models.network()
    for length in range(0, len(model) - 1, 7):
        with pytest.raises(UserError):
            _compile(model[:length])
