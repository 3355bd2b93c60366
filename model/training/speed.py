"""How long an epoch of the exact training takes, as a ratio to plain Keras in the same run.

Purpose: a figure for docs and notes: equal bits on every CPU must not make training slow. Plain Keras is model.fit with Adam and the
spec's architecture, batch and windows, on its own threads and with all that the CPU offers, without our augmentation.
Inputs: --spec, --dataset (.npz), --epochs, --rounds. Outputs: seconds per epoch of each and the ratio, medians of rounds in which they
take turns, on stdout; the time to compile is not in them. Non-goals: a limit; wall time decides no test.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

import yaml
from absl import flags

from model import spec as spec_module
from model.data import dataset
from tools.errors import run

_TRAIN = "model/training/train.py"
_BACKENDS = ("jax", "tensorflow")

_SPEC = flags.DEFINE_string("spec", None, "spec of the network (.yaml)", required=True)
_DATASET = flags.DEFINE_string("dataset", None, "data set (.npz)", required=True)
_EPOCHS = flags.DEFINE_integer("epochs", 20, "epochs to measure", lower_bound=1)
_ROUNDS = flags.DEFINE_integer("rounds", 3, "rounds to measure", lower_bound=1)
_BACKEND = flags.DEFINE_enum("backend", None, _BACKENDS, "train plain Keras on it once, for --epochs, and no more")


def _fit(backend: str, epochs: int) -> None:
    """Trains plain Keras."""
    os.environ["KERAS_BACKEND"] = backend
    import keras  # pylint: disable=import-outside-toplevel (after the backend)

    spec = spec_module.load(_SPEC.value)
    data = dataset.load_dataset(_DATASET.value, len(spec.classes))
    model = keras.Sequential([keras.Input(data.train.x.shape[1:]), *map(_layer(keras), spec.architecture)])
    model.compile(keras.optimizers.Adam(spec.training.learning_rate), keras.losses.SparseCategoricalCrossentropy())
    model.fit(data.train.x, data.train.y, batch_size=spec.training.batch, epochs=epochs, verbose=0,
              validation_data=(data.validation.x, data.validation.y))


def _layer(keras: object) -> Callable[[object], object]:
    """Makes a stock layer of a spec's."""
    layers = keras.layers
    makers = {
        "Conv1D": lambda found: layers.Conv1D(found.filters, found.kernel, found.stride, "same", activation=found.activation),
        "MaxPool1D": lambda found: layers.MaxPooling1D(found.size),
        "AveragePool1D": lambda found: layers.AveragePooling1D(found.size),
        "GlobalAveragePool": lambda found: layers.GlobalAveragePooling1D(),
        "Flatten": lambda found: layers.Flatten(),
        "Channel": lambda found: layers.Lambda(lambda x: x[:, :, found.index:found.index + 1]),
        "Segments": lambda found: layers.Lambda(lambda x: keras.ops.reshape(x, (-1, x.shape[1] // found.size, found.size * x.shape[2]))),
        "Square": lambda found: layers.Lambda(lambda x: x * x),
        "Dense": lambda found: layers.Dense(found.units, activation=found.activation),
    }
    return lambda found: makers[type(found).__name__](found)


def _without_aware(path: str, target: str) -> str:
    """A copy of the spec without quantization-aware training, which plain Keras has not."""
    with open(path, encoding="utf-8") as source, open(target, "w", encoding="utf-8") as file:
        content = yaml.safe_load(source)
        (content.get("quantization") or {}).pop("aware", None)
        yaml.safe_dump(content, file)
    return target


def seconds_per_epoch(program: str, *arguments: str) -> float:
    """The time of a program for --epochs and one more, less that for one: what starting and compiling take is in both."""
    times = []
    for count in (1, _EPOCHS.value + 1):
        command = [sys.executable, program, f"--dataset={_DATASET.value}", f"--epochs={count}", *arguments]
        begin = time.perf_counter()
        subprocess.run(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - begin)
    return (times[1] - times[0]) / _EPOCHS.value


def main(argv: Sequence[str]) -> None:
    del argv
    if _BACKEND.value:
        _fit(_BACKEND.value, _EPOCHS.value)
        return
    with tempfile.TemporaryDirectory() as folder:
        spec = _without_aware(_SPEC.value, f"{folder}/spec.yaml")
        exact = lambda: seconds_per_epoch(  # noqa: E731
            _TRAIN, f"--spec={spec}", f"--output={folder}/model.keras", f"--history={folder}/history.json", f"--ranges={folder}/ranges.json")
        plain = lambda backend: seconds_per_epoch(__file__, f"--spec={_SPEC.value}", f"--backend={backend}")  # noqa: E731
        times = [(exact(), *map(plain, _BACKENDS)) for _ in range(_ROUNDS.value)]
    ours, *theirs = map(statistics.median, zip(*times))
    print(f"exact training: {ours:.2f} s per epoch")
    for backend, seconds in zip(_BACKENDS, theirs):
        print(f"plain Keras on {backend}: {seconds:.2f} s per epoch; exact / plain: {ours / seconds:.2f}")


if __name__ == "__main__":
    run(main)
