"""Recurrent layers: unrolled ones and the LSTM of Keras 2 are converted, loops are refused by the layer's name."""

from model.quantization import convert, saved_model  # before keras: they choose the backend

import keras
import numpy as np
import pytest
import tf_keras

from tools.errors import UserError

SHAPE = (6, 3)
LIBRARIES = {"keras3": keras, "keras2": tf_keras}


def _windows():
    return np.random.default_rng(3).normal(size=(8, *SHAPE)).astype(np.float32)


def _network(library, kind, **options):
    layers = LIBRARIES[library].layers
    return LIBRARIES[library].Sequential(
        [layers.Input(SHAPE), getattr(layers, kind)(4, name="memory", **options), layers.Dense(2)])


@pytest.mark.parametrize("library, kind, options", [
    ("keras3", "LSTM", {"unroll": True}), ("keras3", "GRU", {"unroll": True}), ("keras3", "SimpleRNN", {"unroll": True}),
    ("keras2", "LSTM", {}), ("keras2", "GRU", {"unroll": True})])
def test_what_the_converter_takes_is_converted(library, kind, options):
    convert.convert(_network(library, kind, **options), _windows(), "recurrent")


@pytest.mark.parametrize("library, kind, options", [
    ("keras3", "LSTM", {}), ("keras3", "GRU", {}), ("keras3", "SimpleRNN", {}), ("keras2", "GRU", {}),
    ("keras2", "LSTM", {"activation": "relu"})])
def test_loops_are_refused_by_name(library, kind, options):
    with pytest.raises(UserError, match=r"^recurrent: layer memory\w* is a loop; got a recurrent layer with unroll=False, .* Fix:"):
        convert.convert(_network(library, kind, **options), _windows(), "recurrent")


@pytest.mark.parametrize("library", LIBRARIES)
def test_loops_of_a_saved_model_are_refused(library, tmp_path):
    network = _network(library, "GRU")
    if library == "keras3":
        network.export(tmp_path / "net", verbose=False)
    else:
        network.save(tmp_path / "net", save_format="tf")
    with pytest.raises(UserError, match="^net: layer memory"):
        convert.convert(saved_model.load(tmp_path / "net"), _windows(), "net")
