"""The exact forward pass is that of the stock Keras model, and a saved model is a plain one."""

import re
import zipfile

from model.training import keras_file, network  # before jax: they pin XLA

import jax
import keras
import numpy as np
import pytest

from model import spec
from tools.errors import UserError

SHIPPED = spec.load("model/voltage_event/voltage_event.yaml").architecture
POOLED = (spec.Conv1D(4, 5, 2, "relu"), spec.MaxPool1D(2), spec.Conv1D(6, 3, 1, "linear"), spec.AveragePool1D(3),
          spec.GlobalAveragePool(), spec.Dense(6, "softmax"))
SQUARED = (spec.Channel(1), spec.Conv1D(4, 16, 16, "linear"), spec.Square(), spec.Flatten(), spec.Dense(6, "linear"))
SEGMENTED = (spec.Channel(0), spec.Segments(32), spec.Dense(5, "linear"), spec.Square(), spec.Flatten(), spec.Dense(6, "linear"))
SHAPE = (128, 2)


def _network(layers, seed=1):
    return network.Network(layers, network.initial_weights(layers, SHAPE, seed))


def _windows(count=16):
    return np.random.default_rng(2).standard_normal((count, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("layers", [SHIPPED, POOLED, SQUARED, SEGMENTED], ids=["shipped", "pooled", "squared", "segmented"])
def test_predictions_agree_with_stock_keras(layers, tmp_path):
    ours = _network(layers)
    keras_file.save(network.build_model(ours, SHAPE, "sample"), tmp_path / "sample.keras")
    stock = keras.saving.load_model(tmp_path / "sample.keras")
    assert {type(layer).__module__.split(".")[0] for layer in stock.layers} == {"keras"}
    found = network.outputs(ours.layers, ours.weights, _windows())
    assert np.allclose(found, stock.predict(_windows(), verbose=0), atol=2e-5)
    again = network.load(tmp_path / "sample.keras")
    assert again.layers == layers
    for before, after in zip(jax.tree_util.tree_leaves(ours.weights), jax.tree_util.tree_leaves(again.weights)):
        assert np.array_equal(before, after)


def test_gradient_by_the_window_is_the_slope_of_the_loss():
    ours, x, y = _network(SHIPPED), _windows(1), np.array([3])
    slope = jax.grad(lambda window: network.loss(ours.layers, ours.weights, window, y))(x)
    step = 1e-2 * np.sign(slope)
    rise = (network.loss(ours.layers, ours.weights, x + step, y) - network.loss(ours.layers, ours.weights, x - step, y)) / 2
    assert rise == pytest.approx(float(np.sum(slope * step)), rel=0.05)


def test_activations_end_in_the_logits():
    ours = _network(SHIPPED)
    outputs = network.activations(ours.layers, ours.weights, _windows(3))
    assert len(outputs) == len(SHIPPED) and outputs[-1].shape == (3, 6)
    assert np.array_equal(outputs[-1], network.logits(ours.layers, ours.weights, _windows(3)))


def test_smoothed_loss_counts_all_classes():
    ours, x, y = _network(SHIPPED), _windows(), np.zeros(16, np.int32)
    plain, smoothed = (float(network.loss(ours.layers, ours.weights, x, y, share)) for share in (0.0, 0.5))
    over_all = np.mean([float(network.loss(ours.layers, ours.weights, x, y + label)) for label in range(6)])
    assert smoothed == pytest.approx(0.5 * plain + 0.5 * over_all, rel=1e-5)


def test_centred_logits_mean_the_same():
    ours = _network(SHIPPED)
    centred = network.centre_logits(ours)
    logits = network.logits(centred.layers, centred.weights, _windows())
    assert np.abs(np.mean(logits, axis=1)).max() < 1e-5
    assert np.abs(np.mean(network.logits(ours.layers, ours.weights, _windows()), axis=1)).max() > 1e-2
    assert np.allclose(network.probabilities(centred.layers, centred.weights, _windows()),
                       network.probabilities(ours.layers, ours.weights, _windows()), atol=1e-5)


def test_equal_models_are_equal_files(tmp_path):
    for name in ("a", "b"):
        keras_file.save(network.build_model(_network(SHIPPED), SHAPE, "sample"), tmp_path / f"{name}.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    # Keras writes the address of a shared object, which two runs in one process may well have in common.
    config = zipfile.ZipFile(tmp_path / "a.keras").read("config.json").decode()
    assert set(re.findall(r'"shared_object_id": (\d+)', config)) == {"1"}


def test_foreign_files_and_layers_are_refused(tmp_path):
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(UserError, match="text.keras: no Keras model; got ValueError, want a .keras file"):
        network.load(tmp_path / "text.keras")
    recurrent = keras.Sequential([keras.Input(SHAPE), keras.layers.LSTM(3, name="memory")])
    with pytest.raises(UserError, match="memory: unsupported layer; got LSTM, want a layer of model/spec.py"):
        network.from_model(recurrent)
    valid = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv1D(3, 3, name="narrow")])
    with pytest.raises(UserError, match="narrow: unsupported option; got padding = valid, want same"):
        network.from_model(valid)
