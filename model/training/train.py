"""Trains the network of a spec; equal inputs give equal weights on every machine.

Inputs: --spec, --dataset, --seed_offset (another network of the same kind), --epochs (instead of the spec's).
Outputs: --output, a stock .keras file with the weights of the best validation loss; --history, JSON with the losses; --ranges, JSON with
the range of each tensor that quantization-aware training (aware.py) asks for, or without one: then quantization finds them.
Early stopping and the checkpoint look at the validation part only; the test part is measured once, at the end.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from model.training import adam, aware, batches, network  # first: they pin XLA before JAX starts

import jax
import jax.numpy as jnp
import numpy as np
from absl import flags

from model import checks
from model import spec as spec_module
from model.data import dataset as dataset_module
from model.training import keras_file
from tools.errors import UserError, run

_SPEC = flags.DEFINE_string("spec", None, "spec of the network (.yaml)", required=True)
_DATASET = flags.DEFINE_string("dataset", None, "data set (.npz)", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "where the trained model goes (.keras)", required=True)
_HISTORY = flags.DEFINE_string("history", None, "where the losses go (.json)", required=True)
_RANGES = flags.DEFINE_string("ranges", None, "where the ranges of the int8 network go (.json)", required=True)
_SEED_OFFSET = flags.DEFINE_integer("seed_offset", 0, "added to the spec's seed", lower_bound=0)
_EPOCHS = flags.DEFINE_integer("epochs", None, "epochs instead of the spec's", lower_bound=1)
_ROLE = flags.DEFINE_enum("role", "shipped", ["shipped", "ensemble"],
                          "ensemble: a sparring partner of the adversarial gate, trained for its ensemble_epochs")


@dataclasses.dataclass(frozen=True)
class Epoch:
    """What one epoch reached."""

    epoch: int
    loss: float
    validation_loss: float
    validation_accuracy: float


@dataclasses.dataclass(frozen=True)
class Trained:
    """The weights of the best epoch, the history up to the last one, and the accuracy on the test part."""

    weights: network.Weights
    history: tuple[Epoch, ...]
    best_epoch: int
    test_accuracy: float


def train(layers: network.Layers, data: dataset_module.Dataset, settings: spec_module.Training) -> Trained:
    """Trains until the epochs are over or `patience` epochs brought no better validation loss; prints each epoch. UserError
    if the loss leaves the numbers."""
    rng = np.random.default_rng(settings.seed)
    weights = network.initial_weights(layers, data.train.x.shape[1:], settings.seed)
    moments = adam.initial_moments(weights)
    per_epoch = len(data.train.x) // settings.batch
    planned = adam.schedule(settings.learning_rate, settings.epochs * per_epoch)
    advance, measure = _compile(layers, settings.label_smoothing)
    best, history = weights, []
    for epoch in range(settings.epochs):
        total = jnp.float64(0)
        for chunk in batches.epoch(data.train, settings, rng):
            weights, moments, total = advance(weights, moments, total, planned, chunk)
        validation_loss, accuracy = measure(weights, data.validation)
        _require_finite(epoch + 1, float(total), validation_loss)
        history.append(Epoch(epoch + 1, float(total) / per_epoch, validation_loss, accuracy))
        print(f"epoch {epoch + 1}/{settings.epochs}: loss {history[-1].loss:.4f}, "
              f"validation loss {validation_loss:.4f}, validation accuracy {accuracy:.4f}", flush=True)
        best_epoch = min(history, key=lambda item: item.validation_loss).epoch
        if best_epoch == epoch + 1:
            best = weights
        if epoch + 1 - best_epoch >= settings.patience:
            print(f"stopped: no better validation loss for {settings.patience} epochs", flush=True)
            break
    return Trained(best, tuple(history), best_epoch, measure(best, data.test)[1])


def _require_finite(epoch: int, *losses: float) -> None:
    if not all(map(math.isfinite, losses)):
        raise UserError(f"training: diverged in epoch {epoch}; got a loss of {next(x for x in losses if not math.isfinite(x))}"
                        ", want a finite number. Fix: lower training.learning_rate in the spec.")


def _check_windows(layers: network.Layers, shape: tuple[int, ...], name: str) -> None:
    """Refuses windows that augmentation (voltage, current) or the layers cannot take; `name` is the data set's file."""
    if len(shape) != 2 or shape[1] != 2:
        raise UserError(f"{name}: x_train: wrong window shape for our training; got {list(shape)}, want [samples, 2], voltage "
                        "and current. Fix: train it elsewhere, and pass the trained model to the network's macro.")
    rest = checks.segments_with_a_rest(layers, shape[0])
    if rest is not None:
        index, length = rest
        raise UserError(f"{name}: x_train: windows leave a rest in architecture.{index}; got {length} samples in front of it, want a "
                        f"multiple of its size, {layers[index].size}. Fix: change the size in the spec.")
    beyond = checks.pool_beyond_input(layers, shape[0])
    if beyond is not None:
        index, length = beyond
        raise UserError(f"{name}: x_train: windows are too short for architecture.{index}; got {length} samples in front of "
                        f"it, want at least its size, {layers[index].size}. Fix: lower the size in the spec.")


def _compile(layers: network.Layers, smoothing: float) -> tuple[Callable, Callable]:
    """The compiled steps of training, and the function that measures loss and accuracy of a part."""

    @jax.jit
    def advance(weights, moments, total, planned, chunk):
        def step(state, x, y):
            weights, moments, total = state
            loss, gradients = jax.value_and_grad(lambda w: network.loss(layers, w, x, y, smoothing))(weights)
            return *adam.update(weights, moments, gradients, planned), total + loss
        return batches.fold(step, (weights, moments, total), chunk)

    @jax.jit
    def evaluate(weights, x, y):
        hits = jnp.mean(jnp.argmax(network.logits(layers, weights, x), axis=1) == y)
        return network.loss(layers, weights, x, y, smoothing), hits

    def measure(weights: network.Weights, part: dataset_module.Part) -> tuple[float, float]:
        loss, accuracy = evaluate(weights, part.x, part.y)
        return float(loss), float(accuracy)

    return advance, measure


def _settings(spec: spec_module.Spec) -> spec_module.Training:
    """The spec's training with the flags applied."""
    changes = {"seed": spec.training.seed + _SEED_OFFSET.value}
    if _ROLE.value == "ensemble":
        if spec.gates.adversarial is None:
            raise UserError(f"{spec.name}: gates.adversarial: is missing; got --role=ensemble, want its ensemble_epochs. "
                            "Fix: declare the gate, or train with --role=shipped")
        changes["epochs"] = spec.gates.adversarial.ensemble_epochs
    if _EPOCHS.value is not None:
        changes["epochs"] = _EPOCHS.value
    return dataclasses.replace(spec.training, **changes)


def _tuned(float_network: network.Network, data: dataset_module.Dataset, settings: spec_module.Training,
           quantization: spec_module.Quantization) -> tuple[network.Network, list[list[float]] | None, dict]:
    """The network that ships, the ranges that it needs, and what the history says: whichever int8 form is better on validation."""
    rng = np.random.default_rng([settings.seed, 1])
    tuned = aware.fine_tune(float_network.layers, float_network.weights, data, settings, quantization,
                            lambda: batches.epoch(data.train, settings, rng))
    is_aware = tuned.aware > tuned.post_training
    found = {"int8_validation_accuracy": {"post_training": tuned.post_training, "quantization_aware": tuned.aware},
             "shipped": "quantization_aware" if is_aware else "post_training"}
    if not is_aware:
        return float_network, None, found
    return network.Network(float_network.layers, tuned.weights), [[range_.low, range_.high] for range_ in tuned.ranges], found


def main(argv: Sequence[str]) -> None:
    del argv
    spec = spec_module.load(_SPEC.value)
    if spec.training is None:
        raise UserError(f"{Path(_SPEC.value).name}: nothing to train; got a spec without training, want the sections "
                        "architecture and training. Fix: add them, or pass your trained model to the network's macro.")
    data = dataset_module.load_dataset(_DATASET.value, len(spec.classes))
    settings = _settings(spec)
    if settings.batch > len(data.train.x):
        raise UserError(f"{Path(_DATASET.value).name}: x_train: too few windows for a batch; got {len(data.train.x)}, "
                        f"want at least {settings.batch}. Fix: lower training.batch in {Path(_SPEC.value).name}.")
    _check_windows(spec.architecture, data.train.x.shape[1:], Path(_DATASET.value).name)
    trained = train(spec.architecture, data, settings)
    shipped = network.centre_logits(network.Network(spec.architecture, trained.weights))
    ranges, quantized = None, {}
    if _ROLE.value == "shipped" and spec.quantization is not None and spec.quantization.aware is not None:
        shipped, ranges, quantized = _tuned(shipped, data, settings, spec.quantization)
    model = network.build_model(shipped, data.train.x.shape[1:], spec.name)
    history = {**quantized, "best_epoch": trained.best_epoch, "epochs": [dataclasses.asdict(epoch) for epoch in trained.history],
               "seed": settings.seed, "test_accuracy": trained.test_accuracy}
    keras_file.save(model, _OUTPUT.value)
    Path(_RANGES.value).write_text(json.dumps({"ranges": ranges}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    Path(_HISTORY.value).write_text(json.dumps(history, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"trained: best epoch {trained.best_epoch}, test accuracy {trained.test_accuracy:.4f}", flush=True)


if __name__ == "__main__":
    run(main)
