"""RESIZE_NEAREST_NEIGHBOR: Keras' UpSampling and Resizing. Which row and column each pixel comes from is known here."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.ir import DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import constant_integers, require_same
from cmsis.compiler.operators.window import require_image
from tools.errors import UserError

_CALL = Template("""$kernel($source, $row_bytes, $pixel_bytes, ${prefix}_rows, $height, ${prefix}_columns, $width,
        $target)""")


@dataclass(frozen=True)
class ResizeNearestNeighbor(Operator):
    """Inputs: image [1, H, W, C]. `size` is the output's height and width."""

    size: tuple[int, int]
    align_corners: bool
    half_pixel_centers: bool

    builtin: ClassVar[str] = "RESIZE_NEAREST_NEIGHBOR"
    kernel: ClassVar[str] = "edgeplug_resize_nearest_neighbor"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.INT32)

    @classmethod
    def read(cls, node: Node) -> "ResizeNearestNeighbor":
        """Returns the operator of a .tflite node; raises UserError."""
        options, size = schema.ResizeNearestNeighborOptions, constant_integers(node, 1)
        require_image(node, node.input(0))
        require_same(node, node.input(0), node.output())
        if len(size) != 2 or not 1 <= min(size) <= max(size) < 1 << 16:
            raise UserError(f"{node.layer}: size of {node.builtin}; got {list(size)}, want a height and a width of 1 to"
                            " 65535. Fix: export the .tflite again")
        return cls(node.layer, node.present_inputs(most=2)[:1], node.outputs, size, bool(node.option(options.ALIGN_CORNERS, "?", False)),
                   bool(node.option(options.HALF_PIXEL_CENTERS, "?", False)))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, height, width, C]."""
        return (1, *self.size, graph.input_of(self, 0).shape[3])

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        rows, columns = self.origins(graph)
        return values[0][:, rows][:, :, columns]

    def origins(self, graph: Graph) -> tuple[np.ndarray, np.ndarray]:
        """Returns which row each output row, and which column each output column shows."""
        shape = graph.input_of(self, 0).shape
        return self._origins(shape[1], self.size[0]), self._origins(shape[2], self.size[1])

    def _origins(self, source: int, target: int) -> np.ndarray:
        # Single precision throughout, as TFLite computes it: the rounded product decides at the edges.
        corners = self.align_corners and target > 1
        scale = np.float32(source - 1) / np.float32(target - 1) if corners else np.float32(source) / np.float32(target)
        positions = (np.arange(target, dtype=np.float32) + np.float32(0.5 if self.half_pixel_centers else 0)) * scale
        # Halves away from zero; positions are not negative.
        whole = np.floor(positions + np.float32(0.5)) if self.align_corners else np.floor(positions)
        return np.minimum(whole.astype(np.int64), source - 1)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of edgeplug_resize_nearest_neighbor with tables of rows and columns."""
        image = graph.input_of(self, 0)
        pixel_bytes = image.shape[3] * image.dtype.item_bytes
        constants = tuple(c_source.array(f"{places.prefix}_{name}", "uint16_t", origins.tolist())
                          for name, origins in zip(("rows", "columns"), self.origins(graph)))
        call = _CALL.substitute(
            kernel=self.kernel, prefix=places.prefix, source=places.inputs[0], target=places.output,
            row_bytes=image.shape[2] * pixel_bytes, pixel_bytes=pixel_bytes, height=self.size[0], width=self.size[1])
        return Emission(constants, call, returns_status=False, header="edgeplug_nn.h")
