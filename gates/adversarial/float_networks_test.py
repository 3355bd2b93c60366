"""The float networks against Keras, finite differences, and the textbook's gradient."""

import numpy as np
import pytest

from gates.adversarial.float_networks import FloatNetwork  # first: it pins XLA

import jax
import jax.numpy as jnp

from model import spec as model_spec
from model.training import network

_LAYERS = (model_spec.Conv1D(4, 5, 2, "relu"), model_spec.MaxPool1D(2), model_spec.Conv1D(6, 3, 1, "relu"),
           model_spec.GlobalAveragePool(), model_spec.Dense(3, "softmax"))


@pytest.fixture(name="model", scope="module")
def _model():
    weights = network.initial_weights(_LAYERS, (32, 2), seed=4)
    return network.build_model(network.Network(_LAYERS, weights), (32, 2), "tiny")


@pytest.fixture(name="subject", scope="module")
def _subject(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    model.save(path)
    return FloatNetwork(str(path))


def _windows(count, seed=1):
    return np.random.default_rng(seed).normal(0, 1, (count, 32, 2)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 64, 65])
def test_outputs_are_those_of_keras_whatever_the_batch(model, subject, count):
    logits, hidden = subject.outputs(_windows(count))
    np.testing.assert_allclose(jax.nn.softmax(jnp.asarray(logits)), model.predict(_windows(count), verbose=0), atol=1e-5)
    assert [layer.shape for layer in hidden] == [(count, 16, 4), (count, 8, 6)]


def test_gradient_against_finite_differences(subject):
    x, rng = _windows(3), np.random.default_rng(2)
    logits, hidden = subject.outputs(x)
    on_logits = rng.normal(size=logits.shape)
    on_hidden = [rng.normal(size=layer.shape) for layer in hidden]
    gradient = subject.pull_back(x, on_logits, on_hidden)

    def value(moved):
        moved_logits, moved_hidden = subject.outputs(moved)
        return sum(float((a.astype(np.float64) * b).sum()) for a, b in zip([moved_logits, *moved_hidden],
                                                                          [on_logits, *on_hidden]))
    for _ in range(5):
        direction = rng.normal(size=x.shape).astype(np.float32)
        slope = (value(x + 0.002 * direction) - value(x - 0.002 * direction)) / 0.004
        assert slope == pytest.approx(float((gradient * direction).sum()), rel=0.05, abs=0.05)


def test_the_loss_gradient_points_as_the_cross_entropy_does(model, subject):
    x, labels = _windows(4), np.array([0, 1, 2, 0])
    weights = tuple(tuple(jnp.asarray(w) for w in layer.get_weights()) for layer in model.layers[-len(_LAYERS):])
    for row in range(4):
        true = np.asarray(jax.grad(lambda v, r=row: network.loss(_LAYERS, weights, v, labels[r:r + 1]))(x[row:row + 1]))
        ours = subject.loss_gradient(x[row:row + 1], labels[row:row + 1])
        cosine = (true * ours).sum() / np.sqrt((true ** 2).sum() * (ours ** 2).sum())
        assert cosine == pytest.approx(1, abs=1e-4)


def test_a_network_that_is_sure_still_has_a_gradient(model, subject):
    x = 1000 * _windows(2)
    labels = np.argmax(subject.outputs(x)[0], axis=1)
    probabilities = np.asarray(jax.nn.softmax(jnp.asarray(subject.outputs(x)[0])))
    assert np.all(probabilities.max(axis=1) == 1), "the fixture is sure"
    assert np.all(np.abs(subject.loss_gradient(x, labels)).max(axis=(1, 2)) > 0)
