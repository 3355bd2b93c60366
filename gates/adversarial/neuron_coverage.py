"""Neuron coverage: which neurons a set of inputs has activated.

After Pei, Cao, Yang, Jana, "DeepXplore: Automated Whitebox Testing of Deep Learning Systems", SOSP 2017, section 4:
a neuron is a channel of a layer; its output is the mean over the other axes; outputs are scaled to 0..1 within the
layer and the input; it counts as activated when it exceeds a threshold.
Inputs: activations of one network, a float array [N, ..., channels] per layer. Outputs: bool masks.
Non-goals: which layers count; the float network says that.
"""

from collections.abc import Sequence

import numpy as np


def activated(activations: Sequence[np.ndarray], threshold: float) -> np.ndarray:
    """Mask bool [N, neurons]: the neurons that each input activates, layers one after the other."""
    return np.concatenate([_layer(np.asarray(layer, np.float64), threshold) for layer in activations], axis=1)


def _layer(outputs: np.ndarray, threshold: float) -> np.ndarray:
    flat = outputs.reshape(len(outputs), -1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    spread = np.where(high > low, high - low, 1.0)  # a layer that says the same everywhere activates nothing
    scaled = (outputs.reshape(len(outputs), -1, outputs.shape[-1]) - low[:, None, None]) / spread[:, None, None]
    return scaled.mean(axis=1) > threshold


def neuron_index(widths: Sequence[int], neuron: int) -> tuple[int, int]:
    """Layer and channel of the neuron's position in a mask, for layers of `widths` channels."""
    for layer, width in enumerate(widths):
        if neuron < width:
            return layer, neuron
        neuron -= width
    raise ValueError(f"neuron is beyond the last layer by {neuron + 1}")
