"""Folds batch normalization into the weights of the layer before it.

Purpose: at inference BatchNormalization is y = gamma * (x - mean) / sqrt(variance + epsilon) + beta per channel (Ioffe and
Szegedy, "Batch normalization", ICML 2015, algorithm 2), so behind a linear layer x = w * input + b it is the layer
    w' = w * s,  b' = (b - mean) * s + beta,  s = gamma / sqrt(variance + epsilon),
computed in float64 and rounded once (Jacob et al., CVPR 2018, section 3.2). Predictions change by float rounding only.
TFLite's converter does the same where it recognises the pattern; here it does not hang on how a model was exported.
Inputs: a functional or sequential model. Outputs: the same model if nothing can be folded, else a copy with a layer that
passes its input on, which TFLite drops, in the place of each folded one. Left as they are: normalization behind an
activation, over another axis than the last, or behind a layer whose output is used elsewhere too; and models that use a
layer twice.
"""

import dataclasses
import types

import numpy as np

from model.quantization import keras_model  # first: it chooses the backend

import keras

_FOLDABLE = ("Conv1D", "Conv2D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D")


@dataclasses.dataclass(frozen=True)
class _Pair:
    """A layer, and the normalization that reads it and nothing else does."""

    linear: keras.layers.Layer
    normalization: keras.layers.Layer


def fold_batch_norm(model: keras_model.Model) -> keras_model.Model:
    """`model` with every normalization folded that directly follows a convolution or a fully connected layer."""
    pairs = _pairs(model)
    if not pairs:
        return model
    library = keras_model.library_of(model)
    biased = {pair.linear.name for pair in pairs}
    idle = {pair.normalization.name for pair in pairs}

    def cloned(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in idle:
            return _passing(library, layer.name)
        config = layer.get_config()
        return type(layer).from_config({**config, "use_bias": True} if layer.name in biased else config)

    folded = library.models.clone_model(model, clone_function=cloned)
    for layer in model.layers:
        if layer.get_weights() and layer.name not in idle | biased:
            folded.get_layer(layer.name).set_weights(layer.get_weights())
    for pair in pairs:
        folded.get_layer(pair.linear.name).set_weights(_folded_weights(pair))
    return folded


def _pairs(model: keras_model.Model) -> list[_Pair]:
    """What can be folded; nothing in a model whose layers Keras cannot give one input and output each."""
    try:
        read = [tensor for layer in model.layers for tensor in _listed(layer.input)]
        producers = {id(tensor): layer for layer in model.layers for tensor in _listed(layer.output)}
    except (AttributeError, ValueError, RuntimeError):  # a layer that is used twice
        return []
    used = [id(tensor) for tensor in [*read, *model.outputs]]
    pairs = []
    for layer in model.layers:
        if type(layer).__name__ != "BatchNormalization" or isinstance(layer.input, (list, tuple)):
            continue
        before = producers.get(id(layer.input))
        alone = used.count(id(layer.input)) == 1
        if before is not None and alone and _is_linear(before) and _axis(layer) == len(layer.input.shape) - 1:
            pairs.append(_Pair(before, layer))
    return pairs


def _is_linear(layer: keras.layers.Layer) -> bool:
    return (type(layer).__name__ in _FOLDABLE and getattr(layer.activation, "__name__", "") == "linear"
            and getattr(layer, "data_format", "channels_last") == "channels_last")


def _axis(normalization: keras.layers.Layer) -> int:
    """The normalized axis, counted from the batch axis on; Keras 2 keeps a list of one."""
    axis = normalization.axis
    axis = axis if isinstance(axis, int) else axis[0]
    return axis % len(normalization.input.shape)


def _passing(library: types.ModuleType, name: str) -> keras.layers.Layer:
    """A layer that takes the arguments of BatchNormalization, which a graph repeats in its calls, and passes its input on."""

    class Passing(library.layers.Layer):
        def call(self, inputs: object, training: bool | None = None, mask: object = None) -> object:
            del training, mask
            return inputs

    return Passing(name=name)


def _folded_weights(pair: _Pair) -> list[np.ndarray]:
    """Kernel and bias float32 of the folded layer."""
    layer, normalization = pair.linear, pair.normalization
    kernel, *rest = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    statistics = [np.asarray(weight, np.float64) for weight in normalization.get_weights()]
    gamma = statistics.pop(0) if normalization.scale else 1.0
    beta = statistics.pop(0) if normalization.center else 0.0
    mean, variance = statistics
    scale = gamma / np.sqrt(variance + normalization.epsilon)
    bias = rest[0] if layer.use_bias else np.zeros_like(mean)
    # A depthwise kernel ends in [channels, multiplier], which together count the outputs; the others end in [outputs].
    by_output = scale.reshape(kernel.shape[-2:]) if type(layer).__name__.startswith("Depthwise") else scale
    return [(kernel * by_output).astype(np.float32), ((bias - mean) * scale + beta).astype(np.float32)]


def _listed(tensors: object) -> list:
    return list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
