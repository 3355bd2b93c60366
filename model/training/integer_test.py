"""The int8 network in JAX is the one that TFLite runs, bit for bit, and learns through its rounding."""

from model.training import aware, batches, integer, keras_file, network, train  # before jax: they pin XLA

import dataclasses
import json
import os
import subprocess
import sys

import jax
import numpy as np
import pytest
import tensorflow as tf
import yaml

from model import spec as spec_module
from model.data import dataset

QUANTIZE = "model/quantization/quantize.py"
SHAPE = (32, 2)
NETWORKS = {
    "segments": (spec_module.Channel(0), spec_module.Segments(8), spec_module.Dense(5, "linear"), spec_module.Square(),
                 spec_module.Flatten(), spec_module.Dense(7, "relu"), spec_module.Dense(3, "linear")),
    "convolutions": (spec_module.Conv1D(6, 5, 2, "relu"), spec_module.MaxPool1D(2), spec_module.Conv1D(4, 4, 4, "linear"),
                     spec_module.Square(), spec_module.Flatten(), spec_module.Dense(3, "linear")),
}


def _windows(count=400, seed=3):
    return np.random.default_rng(seed).normal(size=(count, *SHAPE)).astype(np.float32)


def _spec(folder):
    content = {"name": "small", "target": "stm32l476", "classes": ["a", "b", "c"], "gates": {},
               "quantization": {"calibration_windows": 300}}
    (folder / "small.yaml").write_text(yaml.safe_dump(content))
    return folder / "small.yaml"


def _quantized(folder, layers, weights, ranges):
    """The .tflite of the network with `ranges`, by the step of the build, which runs Keras on another backend."""
    keras_file.save(network.build_model(network.Network(layers, weights), SHAPE, "small"), folder / "small.keras")
    (folder / "ranges.json").write_text(json.dumps({"ranges": ranges and [[range_.low, range_.high] for range_ in ranges]}))
    dataset.save(folder / "small.npz", {"x_train": _windows()})
    command = [sys.executable, QUANTIZE, f"--spec={_spec(folder)}", f"--model={folder / 'small.keras'}",
               f"--dataset={folder / 'small.npz'}", f"--ranges={folder / 'ranges.json'}", f"--output={folder / 'small.tflite'}",
               f"--report={folder / 'small.json'}"]
    environment = {key: value for key, value in os.environ.items() if key not in ("KERAS_BACKEND", "XLA_FLAGS")}
    done = subprocess.run(command, env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=False)
    return done, folder / "small.tflite"


def _tflite(path, windows):
    interpreter = tf.lite.Interpreter(str(path), experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    scale, zero_point = source["quantization"]
    found = []
    for window in windows:
        quotient = window / np.float32(scale)
        q = np.clip(np.copysign(np.floor(np.abs(quotient.astype(np.float64)) + 0.5), quotient) + zero_point, -128, 127)
        interpreter.set_tensor(source["index"], q.astype(np.int8)[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(target["index"])[0])
    return np.array(found), (source["quantization"], target["quantization"])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_scores_are_those_of_tflite(tmp_path, name, share):
    layers = NETWORKS[name]
    weights = network.initial_weights(layers, SHAPE, 7)
    whole = aware.calibrated(layers, weights, _windows())
    ranges = (whole[0], *(integer.Range(range_.low * share, range_.high * share) for range_ in whole[1:]))
    done, path = _quantized(tmp_path, layers, weights, ranges)
    assert done.returncode == 0, done.stderr
    wanted, (first, last) = _tflite(path, _windows(200, seed=8))
    assert (first, last) == tuple((range_.scale, range_.zero_point) for range_ in (ranges[0], ranges[-1]))
    found = np.asarray(integer.int8_logits(layers, weights, integer.steps(ranges), _windows(200, seed=8)))
    np.testing.assert_array_equal(found, wanted)
    assert len(np.unique(found)) > 50
    # On steps the weights are the same network.
    snapped = integer.snapped(layers, weights)
    np.testing.assert_array_equal(integer.int8_logits(layers, snapped, integer.steps(ranges), _windows(200, seed=8)), wanted)


def test_ranges_of_another_network_are_refused(tmp_path):
    layers = NETWORKS["segments"]
    weights = network.initial_weights(layers, SHAPE, 7)
    done, path = _quantized(tmp_path, layers, weights, aware.calibrated(layers, weights, _windows())[:-1])
    assert done.returncode != 0 and "ranges: of another network; got 3, want one for each of 4 operators" in done.stderr
    assert not path.exists()


def test_average_pools_have_no_integer_arithmetic_here():
    layers = (spec_module.AveragePool1D(2), spec_module.Flatten(), spec_module.Dense(3, "linear"))
    weights = network.initial_weights(layers, SHAPE, 7)
    with pytest.raises(ValueError, match="no integer arithmetic for average_pool"):
        integer.logits(layers, weights, integer.steps(aware.calibrated(layers, weights, _windows())), _windows())


def test_gradients_pass_rounding_but_not_saturation():
    layers = (spec_module.Flatten(), spec_module.Dense(3, "linear"))
    weights = network.initial_weights(layers, SHAPE, 7)
    x = _windows(16)
    whole = aware.calibrated(layers, weights, x)
    slope = lambda ranges: jax.grad(lambda w: integer.logits(layers, w, integer.steps(ranges), x).sum())(weights)[1][1]  # noqa: E731
    assert np.allclose(slope(whole), 16, atol=1)
    assert np.all(slope((whole[0], integer.Range(-1e-3, 1e-3))) < 4)


def test_training_through_int8_is_better_than_rounding_afterwards(capsys):
    """Squares of small and large values: with one scale for all, the small ones vanish until weights and ranges make room."""
    rng = np.random.default_rng(1)
    y = np.arange(3000) % 3
    x = (rng.normal(size=(3000, *SHAPE)) * np.array([0.25, 0.5, 4.0])[y][:, None, None]).astype(np.float32)
    part = lambda rows: dataset.Part(x[rows], y[rows].astype(np.int32))  # noqa: E731
    data = dataset.Dataset(part(slice(0, 2000)), part(slice(2000, 2500)), part(slice(2500, 3000)))
    layers = NETWORKS["segments"]
    base = spec_module.load("model/voltage_event/voltage_event.yaml")
    training = dataclasses.replace(base.training, epochs=12, batch=64)
    trained = train.train(layers, data, training)
    settings = dataclasses.replace(base.quantization, calibration_windows=500, aware=spec_module.Aware(4, 0.01))
    chunks = lambda: batches.epoch(data.train, training, np.random.default_rng(2))  # noqa: E731
    tuned = [aware.fine_tune(layers, trained.weights, data, training, settings, chunks) for _ in range(2)]
    assert tuned[0].aware > tuned[0].post_training + 0.03
    for first, again in zip(*(jax.tree_util.tree_leaves(one.weights) for one in tuned)):
        np.testing.assert_array_equal(first, again)
    assert "int8 validation accuracy" in capsys.readouterr().out
