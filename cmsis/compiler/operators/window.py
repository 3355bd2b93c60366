"""What convolution and pooling share: padding, strides and windows over [1, H, W, C] tensors.

Source of the formulas: TensorFlow's definition of SAME and VALID padding.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.fixed_point import Clamp, activation_clamp
from cmsis.compiler.flatbuffer import CorruptError
from cmsis.compiler.ir import Tensor
from cmsis.compiler.node import Node
from tools.errors import UserError

_MAX_REACH = 1 << 16  # Rows or columns that a window spans or steps over: positions stay far inside int32.


@dataclass(frozen=True)
class Extent:
    """A height and a width."""

    h: int
    w: int


@dataclass(frozen=True)
class Window:
    """How a filter moves over the input; `same` selects SAME padding, else VALID, of an input with a border of real zeros: rows
    and columns `before` and `after` it.
    """

    size: Extent
    stride: Extent
    dilation: Extent
    same: bool
    before: Extent = Extent(0, 0)
    after: Extent = Extent(0, 0)

    @property
    def reach(self) -> Extent:
        """The rows and columns that it spans."""
        return Extent((self.size.h - 1) * self.dilation.h + 1, (self.size.w - 1) * self.dilation.w + 1)

    @property
    def bordered(self) -> bool:
        """Whether the input has a border."""
        return self.before != Extent(0, 0) or self.after != Extent(0, 0)

    def transposed(self) -> "Window":
        """Returns the window with rows and columns exchanged."""
        extents = (self.size, self.stride, self.dilation, self.before, self.after)
        size, stride, dilation, before, after = (Extent(part.w, part.h) for part in extents)
        return Window(size, stride, dilation, self.same, before, after)

    def output(self, source: Extent) -> Extent:
        """Returns the output's extent (0 or less where the window does not fit)."""
        whole = self._bordered(source)
        return Extent(self._output(whole.h, self.size.h, self.stride.h, self.dilation.h),
                      self._output(whole.w, self.size.w, self.stride.w, self.dilation.w))

    def padding(self, source: Extent) -> Extent:
        """Returns the rows above and the columns left of the input that the first window covers."""
        target, whole = self.output(source), self._bordered(source)
        return Extent(self.before.h + _before(whole.h, target.h, self.size.h, self.stride.h, self.dilation.h),
                      self.before.w + _before(whole.w, target.w, self.size.w, self.stride.w, self.dilation.w))

    def _bordered(self, source: Extent) -> Extent:
        return Extent(self.before.h + source.h + self.after.h, self.before.w + source.w + self.after.w)

    def _output(self, source: int, size: int, stride: int, dilation: int) -> int:
        reach = 1 if self.same else (size - 1) * dilation + 1
        return (source - reach) // stride + 1


def _before(source: int, target: int, size: int, stride: int, dilation: int) -> int:
    return max(0, (target - 1) * stride + (size - 1) * dilation + 1 - source) // 2


def extent(tensor: Tensor) -> Extent:
    """Returns the extent of a [1, H, W, C] tensor."""
    return Extent(tensor.shape[1], tensor.shape[2])


def windows(values: np.ndarray, window: Window, fill: int) -> np.ndarray:
    """Returns [out_h, out_w, size_h, size_w, C]: what each window sees of values [1, H, W, C], `fill` outside."""
    source = Extent(values.shape[1], values.shape[2])
    target, before = window.output(source), window.padding(source)
    rows = _positions(target.h, window.stride.h, window.size.h, window.dilation.h, before.h)
    columns = _positions(target.w, window.stride.w, window.size.w, window.dilation.w, before.w)
    inside = _inside(rows, source.h)[:, None, :, None] & _inside(columns, source.w)[None, :, None, :]
    seen = values[0][np.clip(rows, 0, source.h - 1)[:, None, :, None],
                     np.clip(columns, 0, source.w - 1)[None, :, None, :]]
    return np.where(inside[..., None], seen.astype(np.int64), fill)


def _positions(target: int, stride: int, size: int, dilation: int, before: int) -> np.ndarray:
    return np.arange(target)[:, None] * stride + np.arange(size)[None, :] * dilation - before


def _inside(positions: np.ndarray, source: int) -> np.ndarray:
    return (positions >= 0) & (positions < source)


def read_window(node: Node, size: Extent, options: type[IntEnum], dilation: Extent) -> Window:
    """Returns the window of a node whose options have PADDING, STRIDE_W and STRIDE_H."""
    stride = Extent(node.option(options.STRIDE_H, "i"), node.option(options.STRIDE_W, "i"))
    sizes = (size.h, size.w, stride.h, stride.w, dilation.h, dilation.w)
    if min(sizes) < 1 or max(*sizes, size.h * dilation.h, size.w * dilation.w) > _MAX_REACH:
        raise UserError(f"{node.layer}: filter, stride and dilation of {node.builtin} must be positive, and no larger than any"
                        f" image; got {size}, {stride}, {dilation}, want 1 to {_MAX_REACH}. Fix: export the .tflite again")
    padding = node.option(options.PADDING, "b")
    if padding not in (schema.Padding.SAME, schema.Padding.VALID):
        raise CorruptError(f"{node.layer}: padding of {node.builtin} is unknown; got number {padding}, want 0 (same) or 1"
                           " (valid). Fix: export the .tflite again")
    return Window(size, stride, dilation, same=padding == schema.Padding.SAME)


def read_clamp(node: Node, option: int) -> Clamp:
    """Returns the output range that a fused activation leaves."""
    number = node.option(option, "b")
    fusable = (schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU,
               schema.ActivationFunctionType.RELU6, schema.ActivationFunctionType.RELU_N1_TO_1)
    if number not in fusable:
        raise UserError(f"{node.layer}: fused activation of {node.builtin} is not supported; got number {number}, want"
                        " none, relu, relu6 or relu_n1_to_1. Fix: use another activation")
    target = node.output()
    limits = np.iinfo(target.dtype.value)
    return activation_clamp(schema.ActivationFunctionType(number).name, target.quantization.scale,
                            target.quantization.zero_point, Clamp(int(limits.min), int(limits.max)))


def require_image(node: Node, tensor: Tensor) -> None:
    """Raises UserError unless `tensor` is [1, H, W, C]."""
    if len(tensor.shape) != 4 or tensor.shape[0] != 1:
        raise UserError(f"{node.layer}: {node.builtin} needs one image; got shape {list(tensor.shape)}, want"
                        " [1, height, width, channels]. Fix: use batch size 1")
