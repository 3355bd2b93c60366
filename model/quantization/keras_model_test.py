"""Files of Keras 2 and Keras 3 are read by the library that wrote them; what cannot be read is named."""

from model.quantization import convert, keras_model  # before keras: they choose the backend

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tf_keras

from tools.errors import UserError

SHAPE = (8, 8, 2)


def _windows(shape=SHAPE, count=20):
    return np.random.default_rng(1).uniform(-1, 1, (count, *shape)).astype(np.float32)


def _depthwise(library):
    library.utils.set_random_seed(2)
    return library.Sequential([
        library.layers.Input(SHAPE), library.layers.DepthwiseConv2D(3, name="depthwise"),
        library.layers.Flatten(), library.layers.Dense(3, activation="softmax")])


def _message(path):
    with pytest.raises(UserError) as caught:
        keras_model.load(path)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_keras_2_files_with_a_depthwise_convolution_are_read_and_quantized(tmp_path, suffix):
    theirs = _depthwise(tf_keras)
    theirs.save(tmp_path / f"theirs.{suffix}")
    # The reason for two libraries: Keras 3 refuses an argument that Keras 2 writes.
    with pytest.raises(Exception, match="groups|deserial"):
        keras.saving.load_model(tmp_path / f"theirs.{suffix}", compile=False)
    model = keras_model.load(tmp_path / f"theirs.{suffix}")
    assert keras_model.library_of(model) is tf_keras
    assert np.array_equal(model.predict(_windows(), verbose=0), theirs.predict(_windows(), verbose=0))
    interpreter = convert.Interpreter(convert.convert(model, _windows(), "theirs"))
    assert interpreter.input.shape == (1, *SHAPE) and interpreter.output.shape == (1, 3)


def test_keras_2_files_with_a_recurrent_layer_are_read(tmp_path):
    theirs = tf_keras.Sequential([tf_keras.layers.Input((6, 2)), tf_keras.layers.LSTM(3), tf_keras.layers.Dense(2)])
    theirs.save(tmp_path / "memory.h5")
    found = keras_model.load(tmp_path / "memory.h5").predict(_windows((6, 2)), verbose=0)
    assert np.array_equal(found, theirs.predict(_windows((6, 2)), verbose=0))


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_keras_3_files_are_read_by_keras_3(tmp_path, suffix):
    _depthwise(keras).save(tmp_path / f"ours.{suffix}")
    assert keras_model.library_of(keras_model.load(tmp_path / f"ours.{suffix}")) is keras


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_an_unknown_layer_is_named(tmp_path, library, suffix):
    class Swirl(library.layers.Layer):
        pass

    path = tmp_path / f"custom.{suffix}"
    library.Sequential([library.layers.Input(SHAPE), library.layers.Flatten(), Swirl(name="odd")]).save(path)
    message = _message(path)
    assert message.startswith(f"custom.{suffix}: layer odd cannot be read; got ") and "Swirl" in message
    assert "want layers of stock Keras" in message and "no Keras model" not in message


def test_files_without_a_model_are_no_keras_model(tmp_path):
    with h5py.File(tmp_path / "text.h5", "w") as file:
        file.attrs["model_config"] = "no json"
    assert "text.h5: no Keras model; got a configuration that is no JSON" in _message(tmp_path / "text.h5")
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({}))
    assert "other.keras: no Keras model; got zip archive without metadata.json" in _message(tmp_path / "other.keras")


def test_several_outputs_are_refused(tmp_path):
    window = keras.Input((4,))
    keras.Model(window, [keras.layers.Dense(2)(window), keras.layers.Dense(3)(window)]).save(tmp_path / "two.keras")
    assert "two.keras: wrong number of tensors; got 1 inputs and 2 outputs" in _message(tmp_path / "two.keras")
