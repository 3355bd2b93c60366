"""Quantization: int8 as the specification says, repeatable, and broken inputs refused by name."""

from model.quantization import convert, keras_model, quantize  # before keras: they choose the backend

import json
import shutil

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver

from model.data import dataset
from tools.errors import UserError

SHAPE = (32, 2)
SPEC = """name: small
target: stm32l476
classes: [low, middle, high]
quantization: {calibration_windows: 40}
gates: {}
"""


def _model(shape=SHAPE, classes=3):
    keras.utils.set_random_seed(1)
    return keras.Sequential([
        keras.Input(shape, name="window"),
        keras.layers.Conv1D(4, 3, strides=2, padding="same", activation="relu", name="conv"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(classes, activation="softmax", name="scores")], name="small")


def _arrays():
    rng = np.random.default_rng(1)
    arrays = {}
    for part, count in (("train", 50), ("validation", 5), ("test", 20)):
        arrays[f"x_{part}"] = rng.uniform(-2, 2, (count, *SHAPE)).astype(np.float32)
        arrays[f"y_{part}"] = rng.integers(3, size=count).astype(np.int32)
    return arrays


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small.yaml").write_text(SPEC)
    dataset.save(tmp_path / "data.npz", _arrays())
    _model().save(tmp_path / "small.keras")
    return tmp_path


def _quantize(folder, model="small.keras", data="data.npz", output="small", spec="small.yaml"):
    flags.FLAGS.mark_as_parsed()
    dataset_path = None if data is None else str(folder / data)
    with flagsaver.flagsaver(spec=str(folder / spec), model=str(folder / model), dataset=dataset_path,
                             output=str(folder / f"{output}.tflite"), report=str(folder / f"{output}.json")):
        quantize.main([])
    return (folder / f"{output}.tflite").read_bytes()


def _message(folder, **files):
    with pytest.raises(UserError) as caught:
        _quantize(folder, **files)
    assert not (folder / "small.tflite").exists()
    return str(caught.value)


def test_all_tensors_are_int8_and_weights_per_channel(folder):
    content = _quantize(folder)
    interpreter = tf.lite.Interpreter(model_content=content)
    details = {tuple(tensor["shape"]): tensor for tensor in interpreter.get_tensor_details()}
    kernel = details[(4, 1, 3, 2)]
    assert kernel["dtype"] == np.int8 and len(kernel["quantization_parameters"]["scales"]) == 4
    assert not np.any(kernel["quantization_parameters"]["zero_points"])
    for end in (interpreter.get_input_details()[0], interpreter.get_output_details()[0]):
        assert end["dtype"] == np.int8 and len(end["quantization_parameters"]["scales"]) == 1
    assert interpreter.get_input_details()[0]["shape"].tolist() == [1, *SHAPE]
    assert b"/tmp" not in content and str(folder).encode() not in content


def test_equal_inputs_give_equal_bytes_and_a_report(folder):
    assert _quantize(folder) == _quantize(folder, output="again")
    report = json.loads((folder / "small.json").read_text())
    assert report["test_windows"] == 20 and report["agreement"] > 0.8
    assert report["input"]["scale"] == pytest.approx(4 / 255, rel=0.02)


def test_int8_scores_are_near_the_float_ones(folder):
    interpreter = convert.Interpreter(_quantize(folder))
    x = _arrays()["x_test"]
    scores = interpreter.run(interpreter.quantize(x)).astype(float)
    found = interpreter.output.scale * (scores - interpreter.output.zero_point)
    assert np.abs(found - keras_model.load(folder / "small.keras").predict(x, verbose=0)).max() < 0.05


def test_without_a_test_part_the_report_says_what_was_not_measured(folder, capsys):
    dataset.save(folder / "alone.npz", {"x_train": _arrays()["x_train"]})
    assert _quantize(folder, data="alone.npz", output="alone") == _quantize(folder)
    report = json.loads((folder / "alone.json").read_text())
    assert report["not_measured"] == ["agreement", "float_accuracy", "int8_accuracy"] and report["test_windows"] == 0
    assert "accuracy not measured: no data set with x_test and y_test" in capsys.readouterr().out


def test_input_quantization_rounds_halves_away_from_zero_and_saturates(folder):
    interpreter = convert.Interpreter(_quantize(folder))
    scale, zero = interpreter.input.scale, interpreter.input.zero_point
    x = np.full((1, *SHAPE), 100, np.float32)
    x[0, 0] = [-100, 3 * scale]
    x[0, 2] = [2.5 * scale, -2.5 * scale]
    assert interpreter.quantize(x)[0, :3].tolist() == [[-128, 3 + zero], [127, 127], [3 + zero, -3 + zero]]


def test_legacy_h5_is_read(folder):
    _model().save(folder / "small.h5")
    assert len(_quantize(folder, model="small.h5")) > 1000


def test_a_saved_model_is_quantized_like_the_file(folder):
    keras_model.load(folder / "small.keras").export(folder / "exported", verbose=False)
    _quantize(folder)
    reported = json.loads((folder / "small.json").read_text())
    _quantize(folder, model="exported", output="exported")
    exported = json.loads((folder / "exported.json").read_text())
    assert {**exported, "input": None, "output": None} == {**reported, "input": None, "output": None}
    assert exported["output"]["scale"] == reported["output"]["scale"]


@pytest.fixture
def finished_folder(folder):
    """With a finished model, and a spec that does not ask for calibration."""
    (folder / "done.tflite").write_bytes(_quantize(folder))
    for made in ("small.tflite", "small.json"):
        (folder / made).unlink()
    (folder / "done.yaml").write_text(SPEC.replace("quantization: {calibration_windows: 40}\n", ""))
    return folder


def test_a_finished_model_needs_no_calibration(finished_folder, capsys):
    content = _quantize(finished_folder, model="done.tflite", data=None, spec="done.yaml")
    assert content == (finished_folder / "done.tflite").read_bytes()
    report = json.loads((finished_folder / "small.json").read_text())
    assert report["not_measured"] == ["agreement", "float_accuracy", "int8_accuracy"]
    assert report["input"]["shape"] == [1, *SHAPE]
    assert f"taken as it is: {len(content)} bytes, accuracy not measured" in capsys.readouterr().out


def test_a_finished_model_with_a_test_part_has_its_accuracy_measured(finished_folder):
    _quantize(finished_folder, model="done.tflite", spec="done.yaml")
    report = json.loads((finished_folder / "small.json").read_text())
    assert report["not_measured"] == ["agreement", "float_accuracy"] and 0 <= report["int8_accuracy"] <= 1


def test_finished_models_that_do_not_fit_are_refused(finished_folder):
    message = _message(finished_folder, model="done.tflite")
    assert "small.yaml: quantization: done.tflite is int8 already; got a section, want none. Fix: remove it" in message
    (finished_folder / "done.yaml").write_text((finished_folder / "done.yaml").read_text().replace("high]", "high, top]"))
    message = _message(finished_folder, model="done.tflite", spec="done.yaml", data=None)
    assert "done.tflite: wrong output shape; got [3], want [4], one score per class of done.yaml" in message


def test_a_float_model_without_calibration_is_refused(finished_folder):
    message = _message(finished_folder, data=None)
    assert "small.keras: a float model must be calibrated; got no data set, want both. Fix: give `dataset`" in message
    message = _message(finished_folder, spec="done.yaml")
    assert "got no section quantization in the spec, want both. Fix: " in message and "to done.yaml" in message


def test_files_that_are_no_model_are_refused(folder):
    (folder / "text.h5").write_text("no model")
    assert "text.h5: no Keras model; got no HDF5 content, want a whole model" in _message(folder, model="text.h5")
    with h5py.File(folder / "weights.h5", "w") as file:
        file["weights"] = np.zeros(3)
    assert "weights.h5: no Keras model; got HDF5 without model_config" in _message(folder, model="weights.h5")
    shutil.copy(folder / "text.h5", folder / "text.keras")
    assert "text.keras: no Keras model; got no zip archive" in _message(folder, model="text.keras")
    assert "gone.keras: no Keras model; got no such file" in _message(folder, model="gone.keras")
    with h5py.File(folder / "odd.h5", "w") as file:
        file.attrs["model_config"] = "{}"
    assert "odd.h5: no Keras model; got " in _message(folder, model="odd.h5")


def test_models_that_do_not_fit_are_refused(folder):
    _model(shape=(16, 2)).save(folder / "short.keras")
    assert "short.keras: wrong input shape; got [16, 2], want [32, 2]" in _message(folder, model="short.keras")
    _model(classes=4).save(folder / "four.keras")
    assert "four.keras: wrong output shape; got [4], want [3], one score per class" in _message(folder, model="four.keras")


def test_broken_data_is_refused(folder):
    arrays = _arrays()
    arrays["x_train"][3, 1, 0] = np.nan
    dataset.save(folder / "nan.npz", arrays)
    assert "nan.npz: x_train[3]: 1 windows are not finite; got nan" in _message(folder, data="nan.npz")
    few = {name: array[:10] for name, array in _arrays().items()}
    dataset.save(folder / "few.npz", few)
    assert "few.npz: x_train: too few windows to calibrate; got 10, want 40" in _message(folder, data="few.npz")
