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
        return _scales(left, right)
    if None in (left.data, right.data):
        return "constant in one alone"
    values = [tensor.array().flatten() for tensor in (left, right)]
    different = np.flatnonzero(values[0] != values[1])
    first = [value[different[0]] for value in values]
    return f"element {different[0]}: {first[0]} and {first[1]}, {len(different):,} of {len(values[0]):,} differ"


def _scales(left: Tensor, right: Tensor) -> str:
    if None in (left.quantization, right.quantization):
        return "quantized in one alone"
    pairs = [zip(one.scales, one.zero_points) for one in (left.quantization, right.quantization)]
    for channel, (one, other) in enumerate(zip(*pairs)):
        if one != other:
            return f"scale and zero point {channel}: {one[0]!r}, {one[1]} and {other[0]!r}, {other[1]}"
    return "the number or the axis of its scales"
