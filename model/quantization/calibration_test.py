"""Ranges of tensors: those of the float network's values, whatever TFLite's calibrator left in their place."""

from model.quantization import calibration, convert  # before keras: they choose the backend

import keras
import numpy as np
import pytest
import tf_keras
from tensorflow.lite.python import schema_py_generated as schema

from tools.errors import UserError

SHAPE = (12, 3)
SEED = 11


def _windows(count=30):
    return np.random.default_rng(SEED).normal(size=(count, *SHAPE)).astype(np.float32)


def _network():
    keras.utils.set_random_seed(SEED)
    return keras.Sequential([keras.Input(SHAPE), keras.layers.Conv1D(5, 3, activation="relu"), keras.layers.Flatten(),
                             keras.layers.Dense(4)])


def _recurrent(whole=False):
    tf_keras.backend.clear_session()  # numbers in names begin anew
    tf_keras.utils.set_random_seed(SEED)
    return tf_keras.Sequential([tf_keras.Input(SHAPE), tf_keras.layers.LSTM(4, return_sequences=whole), tf_keras.layers.Flatten(),
                                tf_keras.layers.Dense(2)])


def _ranges(content):
    graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    tensors = [graph.Tensors(index) for index in range(graph.TensorsLength())]
    quantized = [tensor.Quantization() for tensor in tensors if tensor.Quantization() and tensor.Quantization().MinLength()]
    return [(float(found.Min(0)), float(found.Max(0))) for found in quantized]


def test_ranges_are_those_of_keras_over_all_windows():
    network = _network()
    found = _ranges(convert.calibrate(network, _windows(), "small"))
    values = [_windows()]
    for layer in network.layers:
        values.append(layer(values[-1]).numpy())
    assert found[0] == (values[0].min(), values[0].max())
    for value in values[1:]:
        assert any(np.allclose(range_, (value.min(), value.max()), rtol=1e-5) for range_ in found), (value.min(), found)


def test_the_order_of_windows_does_not_matter_but_all_of_them_count():
    network, windows = _network(), _windows()
    content = convert.calibrate(network, windows, "small")
    assert content == convert.calibrate(network, windows[::-1], "small")
    assert _ranges(content) != _ranges(convert.calibrate(network, windows[:1], "small"))


@pytest.mark.parametrize("whole", [False, True])
def test_the_inner_range_of_a_fused_lstm_is_that_of_its_output(whole):
    contents = [convert.calibrate(_recurrent(whole), _windows(count), "recurrent") for count in (1, 30)]
    narrow, wide = map(_inner_ranges, contents)
    assert len(narrow) == len(wide) == 1 and wide[0][0] <= narrow[0][0] and wide[0][1] >= narrow[0][1] and narrow != wide
    if whole:  # Keras shows the same values
        values = _recurrent(whole).layers[0](_windows()).numpy()
        assert np.allclose(wide[0], (values.min(), values.max()), rtol=1e-5)


def test_the_inner_range_does_not_hang_on_the_calibrator(monkeypatch):
    annotated = convert._annotated
    first = convert.convert(_recurrent(), _windows(), "recurrent")
    monkeypatch.setattr(convert, "_annotated", lambda model, windows, name: annotated(model, 3 * windows, name))
    assert convert.convert(_recurrent(), _windows(), "recurrent") == first


def test_an_lstm_with_normalized_gates_is_refused():
    content = bytearray(convert._annotated(_recurrent(), _windows(1), "recurrent"))
    graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    operator = next(operator for operator in map(graph.Operators, range(graph.OperatorsLength())) if operator.IntermediatesLength())
    hidden = operator.Intermediates(4)
    operator.IntermediatesAsNumpy()[:] = [hidden, *operator.IntermediatesAsNumpy()[1:4], hidden]
    with pytest.raises(UserError, match="an LSTM whose gates are normalized; got inner values 0"):
        calibration.set_ranges(bytes(content), _windows(1))


def _inner_ranges(content):
    graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    operators = [graph.Operators(index) for index in range(graph.OperatorsLength())]
    hidden = [operator.Intermediates(index) for operator in operators for index in range(operator.IntermediatesLength())]
    found = [graph.Tensors(index).Quantization() for index in hidden]
    return [(float(range_.Min(0)), float(range_.Max(0))) for range_ in found if range_ is not None and range_.MinLength()]
