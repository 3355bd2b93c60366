"""Makes what a user brings along: recorded data, and a 2-D network that Keras 2 trained and saved as .h5.

Outputs: --dataset and --pilot as model/README.md describes them, x float32 [N, 12, 12, 1] from 0 (dark) to 1; --model,
a legacy .h5 written by Keras 2 itself (the package tf_keras); --saved_model, the same network as a SavedModel.
"""

import os

# A genrule has no environment of its own: without these, oneDNN rounds by CPU, and Keras reads the user's ~/.keras.
os.environ["KERAS_HOME"] = ".keras"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402 (after the environment, on purpose)
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402
from absl import app, flags  # noqa: E402

_DATASET = flags.DEFINE_string("dataset", None, "Where the training data goes, .npz.", required=True)
_PILOT = flags.DEFINE_string("pilot", None, "Where the pilot set goes, .npz.", required=True)
_MODEL = flags.DEFINE_string("model", None, "Where the network goes, .h5.", required=True)
_SAVED_MODEL = flags.DEFINE_string("saved_model", None, "Where the network goes once more, a folder.", required=True)

_SIDE = 12
_SEED = 3


def images(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy drawings and their classes: x float32 [count, 12, 12, 1], y int32 [count] from 0 to 3."""
    random = np.random.default_rng(seed)
    x = random.uniform(0, 0.3, size=(count, _SIDE, _SIDE, 1)).astype(np.float32)
    y = random.integers(0, 4, size=count).astype(np.int32)
    for image, shape in zip(x, y, strict=True):
        row, column = random.integers(0, _SIDE - 6, size=2)
        box = image[row : row + 7, column : column + 7, 0]
        ink = np.float32(random.uniform(0.6, 1.0))
        if shape in (0, 2):
            box[3, :] = ink
        if shape in (1, 2):
            box[:, 3] = ink
        if shape == 3:
            box[[0, -1], :] = ink
            box[:, [0, -1]] = ink
    return x, y


def train(x: np.ndarray, y: np.ndarray) -> tf_keras.Model:
    """A small 2-D convolutional network, trained by stock Keras 2."""
    tf_keras.utils.set_random_seed(_SEED)
    tf.config.experimental.enable_op_determinism()
    model = tf_keras.Sequential(
        [
            tf_keras.layers.Input((_SIDE, _SIDE, 1)),
            tf_keras.layers.Conv2D(6, 3, activation="relu"),
            tf_keras.layers.MaxPooling2D(2),
            tf_keras.layers.Conv2D(8, 3, activation="relu"),
            tf_keras.layers.Flatten(),
            tf_keras.layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile(tf_keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=64, epochs=8, verbose=2)
    return model


def main(argv: list[str]) -> None:
    del argv
    x, y = images(5000, seed=1)
    parts = {"train": slice(0, 4000), "validation": slice(4000, 4500), "test": slice(4500, 5000)}
    np.savez(_DATASET.value, **{f"{a}_{name}": v[part] for name, part in parts.items() for a, v in (("x", x), ("y", y))})
    pilot_x, pilot_y = images(1000, seed=2)
    np.savez(_PILOT.value, x=pilot_x, y=pilot_y)
    model = train(x[parts["train"]], y[parts["train"]])
    model.save(_MODEL.value, save_format="h5")
    model.export(_SAVED_MODEL.value)


if __name__ == "__main__":
    app.run(main)
