"""SavedModels and finished int8 models: all four formats lead to C, and what is broken is named."""

from model.quantization import convert, finished, float_model, saved_model  # before keras: they choose the backend

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from cmsis.compiler.compiler import compile_model
from tools.errors import UserError

SHAPE = (10, 3)
CLASSES = ("a", "b", "c", "d")


def _windows(count=20):
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype(np.float32)


def _network(library):
    library.utils.set_random_seed(2)
    layers = library.layers
    return library.Sequential([
        layers.Input(SHAPE), layers.Conv1D(5, 3), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(),
        layers.Dense(len(CLASSES), activation="softmax")])


@tf.autograph.experimental.do_not_convert
def _module(folder, argument=tf.TensorSpec((None, *SHAPE), tf.float32), function=lambda x: tf.nn.relu(x + 1.0)):
    """A SavedModel without Keras: a module whose signature is `function` of `argument`."""
    module = tf.Module()
    tf.saved_model.save(module, str(folder), signatures=tf.function(function).get_concrete_function(argument))
    return folder


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory):
    """The network in every format, untrained."""
    folder = tmp_path_factory.mktemp("formats")
    ours, theirs = _network(keras), _network(tf_keras)
    ours.save(folder / "three.keras")
    theirs.save(folder / "two.h5")
    ours.export(folder / "exported", verbose=False)
    theirs.save(folder / "saved", save_format="tf")
    (folder / "done.tflite").write_bytes(convert.convert(ours, _windows(), "three.keras"))
    return folder


def _predicted(source, windows):
    """What the network makes of `windows` by the library that saved it."""
    if isinstance(source, saved_model.SavedModel):
        return np.concatenate([source.function(tf.constant(window[None])).numpy() for window in windows])
    return source.predict(windows, verbose=0)


def _message(load, path):
    with pytest.raises(UserError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path.name}: ") and "; got " in message and "Fix: " in message
    return message


@pytest.mark.parametrize("name", ["three.keras", "two.h5", "exported", "saved"])
def test_float_formats_are_read_quantized_and_compiled(folder, name):
    model = float_model.load(folder / name)
    assert (model.input_shape, model.output_shape) == (SHAPE, (len(CLASSES),))
    content = convert.convert(model.source, _windows(), name)
    interpreter = convert.Interpreter(content)
    scores = interpreter.run(interpreter.quantize(_windows())).astype(float)
    found = interpreter.output.scale * (scores - interpreter.output.zero_point)
    assert np.abs(found - _predicted(model.source, _windows())).max() < 0.03
    plan = compile_model(content, "net", CLASSES, "net.h").plan
    assert '"operator": "CONV_2D"' in plan and '"MUL"' not in plan  # the normalization is folded


def test_a_finished_model_is_taken_as_it_is_and_compiled(folder):
    content = finished.load(folder / "done.tflite")
    assert content == (folder / "done.tflite").read_bytes()
    assert "net_run" in compile_model(content, "net", CLASSES, "net.h").source


def test_a_saved_model_without_keras_is_read(tmp_path):
    model = saved_model.load(_module(tmp_path / "bare"))
    assert model.input_shape == model.output_shape == SHAPE
    assert np.array_equal(_predicted(model, _windows(3)), np.maximum(_windows(3) + 1, 0))


def test_folders_that_are_no_saved_model_are_refused(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no SavedModel; got a folder without saved_model.pb, want a folder of" in _message(float_model.load, tmp_path / "empty")
    shutil.copytree(folder / "exported", tmp_path / "corrupt")
    whole = (tmp_path / "corrupt/saved_model.pb").read_bytes()
    (tmp_path / "corrupt/saved_model.pb").write_bytes(whole[: len(whole) // 2])
    assert "no SavedModel; got " in _message(float_model.load, tmp_path / "corrupt")
    shutil.copytree(folder / "exported", tmp_path / "hollow")
    for variables in (tmp_path / "hollow/variables").iterdir():
        variables.unlink()
    assert "no SavedModel; got " in _message(float_model.load, tmp_path / "hollow")
    tf.saved_model.save(tf.Module(), str(tmp_path / "silent"))
    assert "no SavedModel; got no signature serving_default" in _message(float_model.load, tmp_path / "silent")


def test_signatures_that_no_network_of_ours_has_are_refused(tmp_path):
    two = _module(tmp_path / "two", function=lambda x: {"a": x, "b": -x})
    assert "wrong number of tensors; got 1 inputs and 2 outputs" in _message(saved_model.load, two)
    text = _module(tmp_path / "text", tf.TensorSpec((None, 4), tf.int32), tf.abs)
    assert "wrong input type; got int32, want float32" in _message(saved_model.load, text)
    batch = _module(tmp_path / "batch", tf.TensorSpec((8, 4), tf.float32))
    assert "input shape is open, or its batch is fixed above 1; got [8, 4]" in _message(saved_model.load, batch)
    for name, shape in (("long", (None, None, 3)), ("any", None)):
        opened = _module(tmp_path / name, tf.TensorSpec(shape, tf.float32))
        assert "input shape is open, or its batch" in _message(saved_model.load, opened)


@pytest.mark.parametrize("name", ["three.keras", "two.h5"])
def test_damaged_keras_files_are_read_or_refused(folder, tmp_path, name):
    whole, damaged = (folder / name).read_bytes(), tmp_path / name
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(30):
        content = bytearray(whole[: rng.integers(len(whole))] if rng.random() < 0.3 else whole)
        for place in rng.integers(max(len(content), 1), size=40)[: len(content)]:
            content[place] = rng.integers(256)
        damaged.write_bytes(content)
        try:
            float_model.load(damaged)
        except UserError as error:
            refused += 1
            assert str(error).startswith(f"{name}: ") and "Fix: " in str(error)
    assert refused > 5


def test_files_of_other_formats_are_refused(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"")
    assert "unknown format; got suffix '.onnx', want .keras, .h5, .tflite or" in _message(float_model.load, tmp_path / "net.onnx")


def test_finished_models_that_are_broken_or_not_int8_are_refused(folder, tmp_path):
    whole = (folder / "done.tflite").read_bytes()
    for count in range(0, len(whole), len(whole) // 20):
        (tmp_path / "cut.tflite").write_bytes(whole[:count])
        _message(finished.load, tmp_path / "cut.tflite")
    assert "can't be read; got No such file or directory" in _message(finished.load, tmp_path / "gone.tflite")
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "exported"))
    (tmp_path / "float.tflite").write_bytes(converter.convert())
    assert "is not int8; got float" in _message(finished.load, tmp_path / "float.tflite")
