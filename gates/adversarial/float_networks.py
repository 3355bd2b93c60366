"""The float networks, as attacks see them: outputs, and gradients with respect to the input.

Purpose: NumPy in, NumPy out, around the exact differentiable network of model/training/network.py, so that every
figure is the same on every machine. Inputs: .keras files. Non-goals: weights' gradients.
"""

from functools import partial

import numpy as np

from model.training import network as float_network  # before jax: it pins XLA

import jax
import jax.numpy as jnp

# One shape, one compilation; the last batch is filled up with copies of its last window.
_BATCH = 64


class FloatNetwork:
    """One float network. Windows are float32 [N, length, channels] in pu."""

    def __init__(self, path: str) -> None:
        """Reads a .keras file; tools.errors.UserError if it is none, or has a layer without an exact form."""
        self._network = float_network.load(path)
        # Neurons are the channels of layers that have weights; pooling and reshaping only repeat them.
        self._hidden = tuple(index for index, weights in enumerate(self._network.weights) if weights)[:-1]

    def outputs(self, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Logits [N, classes], and the activations [N, ..., channels] of every hidden layer with weights."""
        parts = [_outputs(self._network.layers, self._hidden, self._network.weights, batch) for batch in _batches(x)]
        logits, *hidden = (np.concatenate(arrays)[:len(x)] for arrays in zip(*parts))
        return logits, hidden

    def pull_back(self, x: np.ndarray, logits: np.ndarray, activations: list[np.ndarray]) -> np.ndarray:
        """Gradient [N, length, channels] of the sum of the outputs, each weighted with the given array of its shape."""
        weights = (logits, *activations)
        parts = [_pull_back(self._network.layers, self._hidden, self._network.weights, batch, cotangents)
                 for batch, *cotangents in zip(_batches(x), *map(_batches, weights))]
        return np.concatenate(parts)[:len(x)]

    def loss_gradient(self, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Gradient of the cross entropy with respect to `x`, times a positive factor per window.

        The true gradient has the factor 1 - p(label), which rounds to 0 where the network is sure: an attack would
        take that for robustness (Athalye, Carlini, Wagner, "Obfuscated gradients", ICML 2018). Left out, the slope
        of every window has the same magnitude: -1 on the label, and 1 shared among the others by their softmax.
        """
        logits, hidden = self.outputs(x)
        rows = np.arange(len(labels))
        others = logits.copy()
        others[rows, labels] = -np.inf
        slopes = np.concatenate([_softmax(batch) for batch in _batches(others)])[:len(x)]
        slopes[rows, labels] = -1
        return self.pull_back(x, slopes, [np.zeros_like(layer) for layer in hidden])


def _batches(x: np.ndarray) -> list[np.ndarray]:
    """`x` [N, ...] in batches of _BATCH rows."""
    x = np.asarray(x, np.float32)
    missing = -len(x) % _BATCH
    filled = np.concatenate([x, np.repeat(x[-1:], missing, axis=0)])
    return np.split(filled, len(filled) // _BATCH)


def _select(layers, hidden, weights, x):
    outputs = float_network.activations(layers, weights, x)
    return (outputs[-1], *(outputs[index] for index in hidden))


@partial(jax.jit, static_argnums=(0, 1))
def _outputs(layers, hidden, weights, x):
    return _select(layers, hidden, weights, x)


@partial(jax.jit, static_argnums=(0, 1))
def _pull_back(layers, hidden, weights, x, cotangents):
    _, pull = jax.vjp(lambda inputs: _select(layers, hidden, weights, inputs), x)
    return pull(tuple(cotangents))[0]


@jax.jit
def _softmax_of(logits):
    return jax.nn.softmax(logits)


def _softmax(logits: np.ndarray) -> np.ndarray:
    return np.array(_softmax_of(jnp.asarray(logits)))
