"""Training: learns, repeats itself to the bit, stops early, and refuses what it cannot train."""

from model.training import adam, augment, batches, network, train  # before jax: they pin XLA

import dataclasses
import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from absl import flags
from absl.testing import flagsaver

from model import spec as spec_module
from model.data import dataset
from tools.errors import UserError

PATH = "model/voltage_event/voltage_event.yaml"
SPEC = spec_module.load(PATH)
SETTINGS = dataclasses.replace(SPEC.training, epochs=4, batch=32, augmentation=dataclasses.replace(SPEC.training.augmentation, noise_pu=0.01))
LAYERS = (spec_module.Conv1D(12, 8, 8, "relu"), spec_module.Conv1D(16, 3, 2, "relu"), spec_module.Flatten(),
          spec_module.Dense(32, "relu"), spec_module.Dense(6, "softmax"))


def _flags(**values):
    flags.FLAGS.mark_as_parsed()
    return flagsaver.flagsaver(**{"ranges": values["output"].replace(".keras", ".ranges.json")} | values)


@pytest.fixture(name="path")
def _path(tmp_path):
    """The shipped spec with a plain network that trains in no time."""
    content = yaml.safe_load(open(PATH, encoding="utf-8"))
    content["architecture"] = [dataclasses.asdict(layer) for layer in LAYERS]
    content["training"]["batch"] = 128
    del content["quantization"]["aware"]
    (tmp_path / "plain.yaml").write_text(yaml.safe_dump(content))
    return str(tmp_path / "plain.yaml")


def _data(count=256):
    """Windows whose class is the size of the voltage: learnt in a few epochs."""
    rng = np.random.default_rng(4)
    def part(count):
        y = rng.integers(6, size=count).astype(np.int32)
        wave = np.sin(2 * np.pi * (np.arange(128) / 128 + rng.random((count, 1))))
        return dataset.Part(np.stack([wave * 0.4 * y[:, None], wave], axis=-1).astype(np.float32), y)
    return dataset.Dataset(part(count), part(64), part(64))


def _write(data, path):
    dataset.save(path, {f"{axis}_{name}": getattr(getattr(data, name), axis)
                        for name in ("train", "validation", "test") for axis in "xy"})


def test_learns_and_repeats_itself(capsys):
    first = train.train(LAYERS, _data(1024), SETTINGS)
    again = train.train(LAYERS, _data(1024), SETTINGS)
    assert first.history == again.history
    assert first.history[-1].validation_accuracy > 0.5
    assert "epoch 4/4: loss" in capsys.readouterr().out


def test_stops_early_and_keeps_the_best_epoch():
    # Steps of rate 1 wreck the weights: the first epochs stay the best.
    wild = dataclasses.replace(SETTINGS, learning_rate=1.0, epochs=30, patience=2)
    trained = train.train(LAYERS, _data(), wild)
    losses = [epoch.validation_loss for epoch in trained.history]
    assert len(losses) < 30 and trained.best_epoch == int(np.argmin(losses)) + 1 == len(losses) - 2


def test_command_is_repeatable_and_the_seed_offset_counts(tmp_path, path):
    _write(_data(), tmp_path / "data.npz")
    for name, offset in (("a", 0), ("b", 0), ("c", 1)):
        with _flags(spec=path, dataset=str(tmp_path / "data.npz"), output=str(tmp_path / f"{name}.keras"),
                                 history=str(tmp_path / f"{name}.json"), seed_offset=offset, epochs=1):
            train.main([])
    files = {name: (tmp_path / f"{name}.keras").read_bytes() for name in "abc"}
    assert files["a"] == files["b"] != files["c"]
    history = json.loads((tmp_path / "c.json").read_text())
    assert history["seed"] == SPEC.training.seed + 1 and len(history["epochs"]) == 1


def test_refuses_too_few_windows_and_specs_without_training(tmp_path, path):
    _write(_data(50), tmp_path / "few.npz")
    outputs = {"output": str(tmp_path / "x.keras"), "history": str(tmp_path / "x.json")}
    with _flags(spec=path, dataset=str(tmp_path / "few.npz"), **outputs):
        with pytest.raises(UserError, match="few.npz: x_train: too few windows for a batch; got 50, want at least 128"):
            train.main([])
    (tmp_path / "theirs.yaml").write_text("name: theirs\ntarget: stm32l476\nclasses: [a, b]\n"
                                          "quantization: {calibration_windows: 1}\ngates: {}\n")
    with _flags(spec=str(tmp_path / "theirs.yaml"), dataset=str(tmp_path / "few.npz"), **outputs):
        with pytest.raises(UserError, match="theirs.yaml: nothing to train; got a spec without training"):
            train.main([])
    assert not (tmp_path / "x.keras").exists()


def _reshaped(shape):
    part = lambda count: dataset.Part(np.zeros((count, *shape), np.float32), np.zeros(count, np.int32))  # noqa: E731
    return dataset.Dataset(part(200), part(10), part(10))


@pytest.mark.parametrize("shape", [(128,), (128, 1), (128, 3), (16, 16, 2)])
def test_refuses_windows_of_other_channels(tmp_path, path, shape):
    _write(_reshaped(shape), tmp_path / "own.npz")
    with _flags(spec=path, dataset=str(tmp_path / "own.npz"), output=str(tmp_path / "x.keras"),
                history=str(tmp_path / "x.json")):
        with pytest.raises(UserError) as caught:
            train.main([])
    assert f"own.npz: x_train: wrong window shape for our training; got {list(shape)}, want [samples, 2]" in str(caught.value)


def test_refuses_windows_too_short_for_a_pool(tmp_path, path):
    content = yaml.safe_load(open(path, encoding="utf-8"))
    del content["data"]
    content["architecture"][1] = {"kind": "max_pool", "size": 4}
    (tmp_path / "pooled.yaml").write_text(yaml.safe_dump(content))
    _write(_reshaped((24, 2)), tmp_path / "short.npz")
    with _flags(spec=str(tmp_path / "pooled.yaml"), dataset=str(tmp_path / "short.npz"), output=str(tmp_path / "x.keras"),
                history=str(tmp_path / "x.json")):
        with pytest.raises(UserError, match="short.npz: x_train: windows are too short for architecture.1; got 3 samples"):
            train.main([])


def test_refuses_windows_that_leave_a_rest_of_their_segments(tmp_path):
    content = yaml.safe_load(open(PATH, encoding="utf-8"))
    del content["data"]
    content["training"]["batch"] = 64
    (tmp_path / "segments.yaml").write_text(yaml.safe_dump(content))
    _write(_reshaped((48, 2)), tmp_path / "odd.npz")
    with _flags(spec=str(tmp_path / "segments.yaml"), dataset=str(tmp_path / "odd.npz"), output=str(tmp_path / "x.keras"),
                history=str(tmp_path / "x.json")):
        with pytest.raises(UserError, match="odd.npz: x_train: windows leave a rest in architecture.1; got 48 samples"):
            train.main([])


def test_the_better_int8_form_ships_and_the_history_says_which(tmp_path):
    content = yaml.safe_load(open(PATH, encoding="utf-8"))
    content["training"]["batch"], content["quantization"] = 64, {"calibration_windows": 200, "aware": {"epochs": 2, "learning_rate": 0.003}}
    (tmp_path / "aware.yaml").write_text(yaml.safe_dump(content))
    _write(_data(512), tmp_path / "data.npz")
    with _flags(spec=str(tmp_path / "aware.yaml"), dataset=str(tmp_path / "data.npz"), output=str(tmp_path / "x.keras"),
                history=str(tmp_path / "x.json"), epochs=3):
        train.main([])
    history, ranges = (json.loads((tmp_path / name).read_text()) for name in ("x.json", "x.ranges.json"))
    found = history["int8_validation_accuracy"]
    assert history["shipped"] == ("quantization_aware" if found["quantization_aware"] > found["post_training"] else "post_training")
    assert (ranges["ranges"] is None) == (history["shipped"] == "post_training")


def test_refuses_to_ship_what_diverged(tmp_path, path):
    data = _data()
    _write(dataset.Dataset(dataset.Part(data.train.x * np.float32(1e38), data.train.y), data.validation, data.test),
           tmp_path / "huge.npz")
    with _flags(spec=path, dataset=str(tmp_path / "huge.npz"), output=str(tmp_path / "x.keras"),
                history=str(tmp_path / "x.json"), epochs=1):
        with pytest.raises(UserError, match="training: diverged in epoch 1; got a loss of (nan|inf), want a finite number"):
            train.main([])
    assert not (tmp_path / "x.keras").exists()


def test_augmentation_changes_what_it_says_and_no_more():
    x = _data(400).train.x
    still = spec_module.Augmentation(flip=False, noise_pu=0.0, dc_offset_pu=0.0, current_gain=(2.0, 2.0))
    noise = augment.noise_stretches(np.random.default_rng(1), x[0].size)

    def augmented(settings):
        changed = np.full_like(x, np.nan)
        augment.augment(x, settings, noise, np.random.default_rng(1), changed)
        return changed

    assert np.array_equal(augmented(still), x * np.float32([1, 2]))
    flipped = augmented(dataclasses.replace(still, flip=True, current_gain=(1.0, 1.0)))
    signs = np.sign(np.sum(flipped * x, axis=(1, 2)))
    assert np.array_equal(flipped, x * signs[:, None, None]) and 0.3 < np.mean(signs > 0) < 0.7
    noisy = augmented(dataclasses.replace(still, noise_pu=0.02, current_gain=(1.0, 1.0))) - x
    assert 0 < np.std(noisy) < 0.02 and np.std(noisy, axis=(1, 2)).max() < 0.025


def test_an_epoch_has_every_window_once_and_folds_as_batch_by_batch():
    settings = dataclasses.replace(SETTINGS, batch=30, augmentation=spec_module.Augmentation(False, 0.0, 0.0, (1.0, 1.0)))
    part = _data(400).train
    chunks = list(batches.epoch(part, settings, np.random.default_rng(1)))
    whole = len(part.x) // 30
    assert sum(chunk.count for chunk in chunks) == whole and chunks[-1].count == whole % batches.BATCHES != 0
    x, y = map(np.concatenate, zip(*(chunk.windows for chunk in chunks)))
    wave = lambda window: window[:, 1].tobytes()  # noqa: E731 (the other channel has zeros, whose sign may change)
    rows = {wave(window): kind for window, kind in zip(part.x, part.y)}
    assert len({wave(window) for window in x}) == len(x) == whole * 30
    assert [rows[wave(window)] for window in x] == list(y)

    def step(state, x, y):
        return state * jnp.float32(0.5) + jnp.max(x) + y[0]

    state = jnp.float32(0)
    for chunk in chunks:
        state = jax.jit(functools.partial(batches.fold, step))(state, chunk)
    expected = jnp.float32(0)
    for first in range(0, len(x), 30):
        expected = step(expected, x[first:first + 30], y[first:first + 30])
    assert state == expected


def test_adam_takes_the_published_first_step_and_the_rate_falls_to_zero():
    steps = adam.schedule(0.1, 100)
    rates = steps[:, 0]
    assert rates[0] == pytest.approx(0.1) and rates[50] == pytest.approx(0.05) and rates[99] < 1e-4
    weights = ((jnp.array([1.0, -2.0], jnp.float32),),)
    gradients = ((jnp.array([0.5, -4.0], jnp.float32),),)
    moved, _ = adam.update(weights, adam.initial_moments(weights), gradients, steps)
    # The first step of Adam is the rate times the sign of the gradient.
    assert np.allclose(moved[0][0], [0.9, -1.9], atol=1e-5)
    assert network.initial_weights(LAYERS, (128, 2), 1)[0][0].dtype == jnp.float32
