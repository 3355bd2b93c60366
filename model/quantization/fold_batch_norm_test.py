"""Folding keeps the predictions, leaves no normalization behind a linear layer, and touches nothing else."""

from model.quantization import convert, keras_model  # before keras: they choose the backend

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model.quantization.fold_batch_norm import fold_batch_norm

# Layer, its arguments, the shape of a window.
LAYERS = [
    ("Conv1D", {"filters": 5, "kernel_size": 3, "strides": 2}, (16, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}, (8, 8, 3)),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (8, 8, 3)),
    ("Dense", {"units": 6}, (10,)),
]


@pytest.fixture(params=[keras, tf_keras], ids=["keras3", "keras2"])
def library(request):
    request.param.utils.set_random_seed(3)
    return request.param


def _windows(shape, count=30):
    return np.random.default_rng(1).uniform(-1, 1, (count, *shape)).astype(np.float32)


def _trained(model):
    """`model` with weights and statistics as training leaves them: nothing is 0 or 1, no variance is negative."""
    rng = np.random.default_rng(4)
    for layer in model.layers:
        layer.set_weights([rng.uniform(0.3, 1.5, weight.shape) * (1 if "variance" in getattr(variable, "path", variable.name)
                                                                  else rng.choice([-1, 1], weight.shape))
                           for variable, weight in zip(layer.weights, layer.get_weights())])
    return model


def _kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def _operators(model, shape):
    content = convert.convert(model, _windows(shape), "sample")
    interpreter = tf.lite.Interpreter(model_content=content)
    return {item["op_name"] for item in interpreter._get_ops_details()}  # noqa: SLF001 (no public list)


@pytest.mark.parametrize("kind, arguments, shape", LAYERS, ids=[kind for kind, *_ in LAYERS])
@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no_bias"])
def test_predictions_are_unchanged(library, kind, arguments, shape, use_bias):
    layers = library.layers
    model = _trained(library.Sequential([
        layers.Input(shape), getattr(layers, kind)(**arguments, use_bias=use_bias), layers.BatchNormalization(),
        layers.ReLU()]))
    folded = fold_batch_norm(model)
    assert "BatchNormalization" in _kinds(model) and "BatchNormalization" not in _kinds(folded)
    wanted = model.predict(_windows(shape), verbose=0)
    assert np.ptp(wanted) > 0.5
    assert np.allclose(folded.predict(_windows(shape), verbose=0), wanted, atol=1e-5, rtol=1e-5)


def test_without_scale_or_centre(library):
    layers = library.layers
    model = _trained(library.Sequential([
        layers.Input((7,)), layers.Dense(4), layers.BatchNormalization(scale=False, epsilon=0.1),
        layers.Dense(3), layers.BatchNormalization(center=False)]))
    folded = fold_batch_norm(model)
    assert "BatchNormalization" not in _kinds(folded)
    assert np.allclose(folded.predict(_windows((7,)), verbose=0), model.predict(_windows((7,)), verbose=0), atol=1e-5)


def test_tflite_has_no_mul_or_add_left(library):
    layers = library.layers
    shape = (16, 3)
    model = _trained(library.Sequential([
        layers.Input(shape), layers.Conv1D(5, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
        layers.Flatten(), layers.Dense(3, activation="softmax")]))
    assert not {"MUL", "ADD"} & _operators(model, shape)
    # Nor can it pass for want of looking: a normalization that stays is seen.
    alone = _trained(library.Sequential([layers.Input(shape), layers.BatchNormalization(), layers.ReLU()]))
    assert {"MUL", "ADD"} & _operators(alone, shape)


def test_models_with_nothing_to_fold_are_passed_through(library):
    layers = library.layers
    after_relu = library.Sequential([
        layers.Input((16, 3)), layers.Conv1D(5, 3, activation="relu"), layers.BatchNormalization()])
    other_axis = library.Sequential([layers.Input((16, 3)), layers.Conv1D(5, 3), layers.BatchNormalization(axis=1)])
    for model in (after_relu, other_axis):
        assert fold_batch_norm(model) is model


def test_a_layer_that_is_read_elsewhere_too_is_left(library):
    layers = library.layers
    window = layers.Input((16, 3))
    read_twice = layers.Conv1D(5, 3, padding="same", name="read_twice")(window)
    joined = layers.Add()([read_twice, layers.BatchNormalization(name="kept")(read_twice)])
    alone = layers.BatchNormalization(name="folded")(layers.Conv1D(4, 3)(joined))
    model = _trained(library.Model(window, alone))
    folded = fold_batch_norm(model)
    assert _kinds(folded).count("BatchNormalization") == 1 and folded.get_layer("kept").name == "kept"
    assert np.allclose(folded.predict(_windows((16, 3)), verbose=0), model.predict(_windows((16, 3)), verbose=0), atol=1e-4)


def test_a_model_inside_the_model_keeps_its_weights(library):
    layers = library.layers
    inner = _trained(library.Sequential([layers.Input((16, 3)), layers.Conv1D(4, 3), layers.ReLU()], name="inner"))
    window = layers.Input((16, 3))
    model = library.Model(window, layers.BatchNormalization()(layers.Conv1D(3, 3)(inner(window))))
    folded = fold_batch_norm(model)
    assert "BatchNormalization" not in _kinds(folded)
    assert np.allclose(folded.predict(_windows((16, 3)), verbose=0), model.predict(_windows((16, 3)), verbose=0), atol=1e-5)


def test_a_layer_used_twice_is_left(library):
    layers = library.layers
    window, shared = layers.Input((16, 3)), layers.Conv1D(3, 3, padding="same")
    model = library.Model(window, layers.BatchNormalization()(shared(shared(window))))
    assert fold_batch_norm(model) is model


def test_the_batch_of_the_model_is_kept(library):
    """clone_model rebuilds the input, and the converter asks for batch 1 of the same window."""
    layers = library.layers
    model = _trained(library.Sequential([layers.Input((9,)), layers.Dense(4), layers.BatchNormalization()]))
    assert keras_model.input_shape(fold_batch_norm(model), "sample") == (9,)
