"""PAD and PADV2: a border of one value around a tensor. The whole output is filled, then the input is copied into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators import movement
from cmsis.compiler.operators.movement import Copy, constant_integers, copy, elements, require_same
from tools.errors import UserError

_FILL = Template("edgeplug_fill($target, $value, $bytes);\n    $copy")


@dataclass(frozen=True)
class Padding(Operator):
    """Inputs: value. `before` and `after` are elements added along each axis, all of them `fill`."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    fill: int

    kernel: ClassVar[str] = "edgeplug_copy"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.INT32, DType.INT64)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the value's shape with the borders added."""
        shape = graph.input_of(self, 0).shape
        return tuple(before + extent + after for before, extent, after in zip(self.before, shape, self.after))

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.pad(values[0], tuple(zip(self.before, self.after)), constant_values=self.fill)

    def copy(self, graph: Graph) -> Copy:
        """Returns how the value lies in the output."""
        source, target = elements(graph.input_of(self, 0)), elements(graph.output_of(self))
        inside = target[tuple(slice(start, start + extent) for start, extent in zip(self.before, source.shape))]
        return copy(graph.output_of(self).dtype.item_bytes, 0, source, source, 0, target, inside)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a fill and a copy."""
        constants, text = movement.call(self.copy(graph), places)
        call = _FILL.substitute(target=places.output, value=self.fill, bytes=graph.output_of(self).size_bytes, copy=text)
        return Emission(constants, call, returns_status=False, header="edgeplug_nn.h")


def _read(cls: type[Padding], node: Node, fill: int, inputs: int) -> Padding:
    source, target, borders = node.input(0), node.output(), np.array(constant_integers(node, 1))
    require_same(node, source, target)
    if borders.size != 2 * len(source.shape) or borders.min(initial=0) < 0:
        raise UserError(f"{node.layer}: borders of {node.builtin} do not fit the value; got {borders.tolist()} on shape"
                        f" {list(source.shape)}, want two per axis, 0 or more. Fix: export the .tflite again")
    if source.dtype is not DType.INT8 and fill:
        raise UserError(f"{node.layer}: {node.builtin} of {source.dtype.value} fills with zero only; got {fill}, want 0."
                        " Fix: pad with zeros")
    before, after = borders.reshape(-1, 2).T.tolist()
    return cls(node.layer, node.present_inputs(most=inputs)[:1], node.outputs, tuple(before), tuple(after), fill)


@dataclass(frozen=True)
class Pad(Padding):
    """PAD: with real zero."""

    builtin: ClassVar[str] = "PAD"

    @classmethod
    def read(cls, node: Node) -> "Pad":
        """Returns the operator of a .tflite node; raises UserError."""
        source = node.input(0)
        return _read(cls, node, source.quantization.zero_point if source.quantization else 0, inputs=2)


@dataclass(frozen=True)
class PadV2(Padding):
    """PADV2: with a constant in the value's quantisation."""

    builtin: ClassVar[str] = "PADV2"

    @classmethod
    def read(cls, node: Node) -> "PadV2":
        """Returns the operator of a .tflite node; raises UserError."""
        fill = node.constant(2)
        require_same(node, node.input(0), fill)
        return _read(cls, node, int(fill.array().flatten()[0]), inputs=3)
