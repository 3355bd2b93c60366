"""Where two .tflite files differ: the tensor and its element, or its quantization."""

import numpy as np

from cmsis.compiler import reader
from cmsis.compiler.ir import Tensor


def first_difference(first: bytes, second: bytes) -> str:
    """The first tensor that differs, with both values; the operators if no tensor does."""
    graphs = [reader.read(data, "model") for data in (first, second)]
    if len(graphs[0].tensors) != len(graphs[1].tensors):
        return f"the number of tensors: {len(graphs[0].tensors)} and {len(graphs[1].tensors)}"
    for number, (left, right) in enumerate(zip(graphs[0].tensors, graphs[1].tensors)):
        if left != right:
            return f"tensor {number} ({left.name}), {_what(left, right)}"
    return "operators" if graphs[0] != graphs[1] else "metadata, or how the file is laid out: no tensor and no operator"


def _what(left: Tensor, right: Tensor) -> str:
    for name in ("name", "shape", "dtype"):
        if getattr(left, name) != getattr(right, name):
            return f"{name}: {getattr(left, name)} and {getattr(right, name)}"
    if left.quantization != right.quantization:
        pairs = [(one.scales, one.zero_points) if one else () for one in (left.quantization, right.quantization)]
        channel = next((index for index, pair in enumerate(zip(*map(lambda one: one[0] if one else (), pairs))) if pair[0] != pair[1]), 0)
        scales = [one[0][channel] if one else None for one in pairs]
        return f"scale {channel}: {scales[0]!r} and {scales[1]!r}"
    values = [tensor.array().flatten() for tensor in (left, right)]
    different = np.flatnonzero(values[0] != values[1])
    return f"element {different[0]}: {values[0][different[0]]} and {values[1][different[0]]}, {len(different):,} of {len(values[0]):,} differ"
