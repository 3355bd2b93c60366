"""The float network as a differentiable JAX function with exact sums.

Purpose: one forward pass for training and for attacks (gates/adversarial). `Network` holds layers and weights;
`activations`, `logits` and `probabilities` are pure functions of (layers, weights, x), so that JAX can differentiate them by
weights or by x. `build_model` makes the stock Keras model of the same network, `from_model` and `load` read one.
x is float32 [N, length, channels] in natural units (pu). Errors: UserError for a file or layer that is not ours.
"""

import dataclasses
from pathlib import Path

import numpy as np

from model import spec as spec_module
from model.training import exact  # before jax and keras: it pins XLA

import jax
import jax.numpy as jnp
import keras

from tools.errors import UserError

Layers = tuple[spec_module.Layer, ...]
Weights = tuple[tuple[jax.Array, ...], ...]


@dataclasses.dataclass(frozen=True)
class Network:
    """A network: `weights[i]` belongs to `layers[i]`: (kernel, bias), or () for a layer without weights."""

    layers: Layers
    weights: Weights


def activations(layers: Layers, weights: Weights, x: jax.Array) -> tuple[jax.Array, ...]:
    """The output of each layer, float32 [N, ...]; the last one before its softmax (logits)."""
    outputs = []
    for layer, parameters in zip(layers, weights):
        x = _apply(layer, parameters, x)
        outputs.append(x)
    return tuple(outputs)


def logits(layers: Layers, weights: Weights, x: jax.Array) -> jax.Array:
    """The output before the softmax, float32 [N, classes]."""
    return activations(layers, weights, x)[-1]


def probabilities(layers: Layers, weights: Weights, x: jax.Array) -> jax.Array:
    """The shares that the network gives the classes, float32 [N, classes]."""
    return jax.nn.softmax(logits(layers, weights, x))


def outputs(layers: Layers, weights: Weights, x: jax.Array) -> jax.Array:
    """The output of the Keras model, float32 [N, classes]: probabilities, or logits where the last layer is linear."""
    return logits(layers, weights, x) if layers[-1].activation == "linear" else probabilities(layers, weights, x)


def loss(layers: Layers, weights: Weights, x: jax.Array, y: jax.Array, smoothing: float = 0.0) -> jax.Array:
    """The mean cross entropy of class indices y int [N], with smoothed labels (Szegedy et al., "Rethinking the Inception
    architecture", CVPR 2016, section 7): the share `smoothing` of each label is spread evenly over the classes."""
    return cross_entropy(logits(layers, weights, x), y, smoothing)


def cross_entropy(scores: jax.Array, y: jax.Array, smoothing: float) -> jax.Array:
    """The loss of logits [N, classes]."""
    logarithms = jax.nn.log_softmax(scores)
    chosen = jnp.mean(jnp.take_along_axis(logarithms, y[:, None], axis=1))
    # Sums before products, or XLA would make a dot of them.
    return -((1 - smoothing) * chosen + smoothing * jnp.mean(logarithms))


def initial_weights(layers: Layers, input_shape: tuple[int, int], seed: int) -> Weights:
    """He-normal kernels and zero biases, drawn by NumPy: its normal numbers are the same on every CPU."""
    rng = np.random.default_rng(seed)
    shape, weights = input_shape, []
    for layer in layers:
        kernel_shape = _kernel_shape(layer, shape)
        if kernel_shape is None:
            weights.append(())
        else:
            deviation = np.sqrt(2 / np.prod(kernel_shape[:-1]))
            kernel = (rng.standard_normal(kernel_shape) * deviation).astype(np.float32)
            weights.append((jnp.asarray(kernel), jnp.zeros(kernel_shape[-1], jnp.float32)))
        shape = _output_shape(layer, shape)
    return tuple(weights)


def centre_logits(network: Network) -> Network:
    """The same network with logits of mean 0: softmax does not see a number that all of them share, but the one int8 scale of
    the logits would have to span it, and where they saturate together the classes tie."""
    kernel, bias = (np.asarray(parameter, np.float64) for parameter in network.weights[-1])
    kernel = kernel - np.sum(kernel, axis=1, keepdims=True) / kernel.shape[1]
    bias = bias - np.sum(bias) / len(bias)
    last = (jnp.asarray(kernel.astype(np.float32)), jnp.asarray(bias.astype(np.float32)))
    return Network(network.layers, (*network.weights[:-1], last))


def build_model(network: Network, input_shape: tuple[int, int], name: str) -> keras.Model:
    """The stock Keras model with the network's weights; its predictions are those of `probabilities` but for rounding."""
    window = value = keras.Input(input_shape, name="window")
    for index, (layer, parameters) in enumerate(zip(network.layers, network.weights)):
        label = f"{layer.kind}_{index}"
        if isinstance(layer, spec_module.Channel):
            value = _chosen_channel(value, layer.index, label)
            continue
        if isinstance(layer, spec_module.Segments):
            length, channels = value.shape[1:]
            value = keras.layers.Reshape((length // layer.size, layer.size * channels), name=label)(value)
            continue
        keras_layer = _keras_layer(layer, label)
        value = keras_layer([value, value] if isinstance(layer, spec_module.Square) else value)
        keras_layer.set_weights([np.asarray(parameter) for parameter in parameters])
    return keras.Model(window, value, name=name)


def _chosen_channel(value: keras.KerasTensor, index: int, name: str) -> keras.KerasTensor:
    """One channel of `value` [L, C], as [L, 1], by stock layers: only an image can be cropped in both directions."""
    length, channels = value.shape[1:]
    image = keras.layers.Reshape((length, channels, 1), name=f"{name}_image")(value)
    cropped = keras.layers.Cropping2D(((0, 0), (index, channels - 1 - index)), name=name)(image)
    return keras.layers.Reshape((length, 1), name=f"{name}_flat")(cropped)


def load(path: str | Path) -> Network:
    """The network in a .keras file."""
    try:
        model = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{Path(path).name}: no Keras model; got {type(error).__name__}, want a .keras file. "
                        "Fix: build it with //model/training:train.") from error
    return from_model(model)


def from_model(model: keras.Model) -> Network:
    """The network of a stock Keras model made of the layers of model/spec.py."""
    found = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    cropped = [layer.name for layer in found if isinstance(layer, keras.layers.Cropping2D)]
    around = {name + end for name in cropped for end in ("_image", "_flat")}
    found = [layer for layer in found if layer.name not in around]
    return Network(tuple(_spec_layer(layer) for layer in found),
                   tuple(tuple(jnp.asarray(weight) for weight in layer.get_weights()) for layer in found))


def _apply(layer: spec_module.Layer, parameters: tuple[jax.Array, ...], x: jax.Array) -> jax.Array:
    match layer:
        case spec_module.Conv1D():
            x = exact.conv1d(x, *parameters, stride=layer.stride)
        case spec_module.Dense():
            x = exact.dense(x.reshape(-1, x.shape[-1]), *parameters).reshape(*x.shape[:-1], layer.units)
        case spec_module.Segments():
            x = x.reshape(len(x), x.shape[1] // layer.size, layer.size * x.shape[2])
        case spec_module.Channel():
            x = x[:, :, layer.index:layer.index + 1]
        case spec_module.Square():
            x = x * x
        case spec_module.MaxPool1D():
            x = jnp.max(_groups(x, layer.size), axis=2)
        case spec_module.AveragePool1D():
            x = jnp.mean(_groups(x, layer.size), axis=2)
        case spec_module.GlobalAveragePool():
            x = jnp.mean(x, axis=1)
        case spec_module.Flatten():
            x = x.reshape(len(x), -1)
    return jax.nn.relu(x) if getattr(layer, "activation", "linear") == "relu" else x


def _groups(x: jax.Array, size: int) -> jax.Array:
    """x [N, L, C] as [N, L // size, size, C], the rest left out as padding 'valid' does."""
    steps = x.shape[1] // size
    return x[:, :steps * size].reshape(len(x), steps, size, x.shape[2])


def _kernel_shape(layer: spec_module.Layer, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    match layer:
        case spec_module.Conv1D():
            return (layer.kernel, shape[1], layer.filters)
        case spec_module.Dense():
            return (shape[-1], layer.units)
    return None


def _output_shape(layer: spec_module.Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    match layer:
        case spec_module.Conv1D():
            return (-(-shape[0] // layer.stride), layer.filters)
        case spec_module.Channel():
            return (shape[0], 1)
        case spec_module.Segments():
            return (shape[0] // layer.size, layer.size * shape[1])
        case spec_module.Dense():
            return (*shape[:-1], layer.units)
        case spec_module.Square():
            return shape
        case spec_module.MaxPool1D() | spec_module.AveragePool1D():
            return (shape[0] // layer.size, shape[1])
        case spec_module.GlobalAveragePool():
            return (shape[1],)
        case spec_module.Flatten():
            return (shape[0] * shape[1],)
    raise ValueError(f"network: unknown layer {layer}")


def _keras_layer(layer: spec_module.Layer, name: str) -> keras.layers.Layer:
    match layer:
        case spec_module.Conv1D():
            return keras.layers.Conv1D(layer.filters, layer.kernel, strides=layer.stride, padding="same",
                                       activation=layer.activation, name=name)
        case spec_module.MaxPool1D():
            return keras.layers.MaxPooling1D(layer.size, name=name)
        case spec_module.AveragePool1D():
            return keras.layers.AveragePooling1D(layer.size, name=name)
        case spec_module.GlobalAveragePool():
            return keras.layers.GlobalAveragePooling1D(name=name)
        case spec_module.Flatten():
            return keras.layers.Flatten(name=name)
        case spec_module.Square():
            return keras.layers.Multiply(name=name)
    return keras.layers.Dense(layer.units, activation=layer.activation, name=name)


def _spec_layer(layer: keras.layers.Layer) -> spec_module.Layer:
    """The inverse of _keras_layer; UserError for anything that it does not make."""
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    match type(layer).__name__:
        case "Conv1D":
            found = spec_module.Conv1D(layer.filters, layer.kernel_size[0], layer.strides[0], activation)
        case "MaxPooling1D":
            found = spec_module.MaxPool1D(layer.pool_size[0])
        case "AveragePooling1D":
            found = spec_module.AveragePool1D(layer.pool_size[0])
        case "GlobalAveragePooling1D":
            found = spec_module.GlobalAveragePool()
        case "Flatten":
            found = spec_module.Flatten()
        case "Multiply":
            _require_square(layer)
            return spec_module.Square()
        case "Reshape":
            return spec_module.Segments(layer.input.shape[1] // layer.target_shape[0])
        case "Cropping2D":
            return spec_module.Channel(layer.cropping[1][0])
        case "Dense":
            found = spec_module.Dense(layer.units, activation)
        case kind:
            raise UserError(f"{layer.name}: unsupported layer; got {kind}, want a layer of model/spec.py. "
                            "Fix: use the layers listed under `architecture` there.")
    wanted, config = _keras_layer(found, layer.name).get_config(), layer.get_config()
    for key in ("padding", "strides", "dilation_rate", "groups", "use_bias", "keepdims", "data_format", "pool_size"):
        if config.get(key) != wanted.get(key):
            raise UserError(f"{layer.name}: unsupported option; got {key} = {config.get(key)}, want {wanted.get(key)}. "
                            "Fix: change the layer, or leave the adversarial gate undeclared.")
    return found


def _require_square(layer: keras.layers.Multiply) -> None:
    factors = layer.input
    if len(factors) != 2 or factors[0] is not factors[1]:
        raise UserError(f"{layer.name}: unsupported product; got {len(factors)} factors, want one value times itself. "
                        "Fix: leave the adversarial gate undeclared.")
