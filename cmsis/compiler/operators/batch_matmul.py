"""BATCH_MATMUL: Keras' Dot, matmul and attention. Inputs [..., M, K] and [..., K, N], or transposed where the file says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Multiplier, requantize
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators.weights import checked_multiplier
from tools.errors import UserError

_MAX_RANK = 4  # Two batch dimensions: what cmsis_nn_dims holds.
_MAX_PRODUCT = 255 * 255
_MAX_SUM = 1 << 30
_CALL = Template("""$kernel($context, &${prefix}_params, &${prefix}_quant,
        &$left_dims, $left, &$right_dims, $right, &$output_dims, $output)""")


@dataclass(frozen=True)
class BatchMatMul(Operator):
    """Inputs: left, right; either may be constant. Batch dimensions of 1 serve all batches of the other side."""

    adjoint_left: bool
    adjoint_right: bool

    builtin: ClassVar[str] = "BATCH_MATMUL"
    kernel: ClassVar[str] = "edgeplug_batch_matmul_s8"

    @classmethod
    def read(cls, node: Node) -> "BatchMatMul":
        """Returns the operator of a .tflite node; raises UserError."""
        left, right = node.int8_operand(0), node.int8_operand(1)
        node.int8_output()
        options = schema.BatchMatMulOptions
        operator = cls(node.layer, node.present_inputs(most=2), node.outputs, bool(node.option(options.ADJ_X, "?", False)),
                       bool(node.option(options.ADJ_Y, "?", False)))
        if operator.product_shape(left.shape, right.shape) is None:
            raise UserError(f"{node.layer}: BATCH_MATMUL of shapes that do not fit; got {list(left.shape)} and"
                            f" {list(right.shape)}, want 2 to {_MAX_RANK} dimensions with equal inner extents and batches."
                            " Fix: reshape the inputs")
        if operator.adjoint_left and any(
                mine > 1 == other for mine, other in operator._batches(left.shape, right.shape)):
            # TFLite's kernel leaves part of such an output unset: there is nothing to be equal to.
            raise UserError(f"{node.layer}: BATCH_MATMUL of a transposed left input by one right input for several batches;"
                            f" got {list(left.shape)} and {list(right.shape)}, want as many batches on the right."
                            " Fix: transpose the left input before, or swap the inputs")
        return operator

    def product_shape(self, left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...] | None:
        """Returns the shape of the product, or None where there is none."""
        if not (2 <= len(left) <= _MAX_RANK and 2 <= len(right) <= _MAX_RANK):
            return None
        rows, inner = left[:-3:-1] if self.adjoint_left else left[-2:]
        other, columns = right[:-3:-1] if self.adjoint_right else right[-2:]
        batches = self._batches(left, right)
        if inner != other or any(a != b and 1 not in (a, b) for a, b in batches):
            return None
        return (*(max(pair) for pair in batches), rows, columns)

    @staticmethod
    def _batches(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        rank = max(len(left), len(right))
        return tuple(zip(*((1,) * (rank - len(shape)) + shape[:-2] for shape in (left, right))))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [..., M, N]."""
        return self.product_shape(graph.input_of(self, 0).shape, graph.input_of(self, 1).shape)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        left, right = (value.astype(np.int64) - graph.input_of(self, index).quantization.zero_point
                       for index, value in enumerate(values))
        left = np.swapaxes(left, -1, -2) if self.adjoint_left else left
        right = np.swapaxes(right, -1, -2) if self.adjoint_right else right
        factor = self.multiplier(graph)
        scaled = requantize(left @ right, factor.value, factor.shift) + graph.output_of(self).quantization.zero_point
        return np.clip(scaled, INT8_MIN, INT8_MAX).astype(np.int8)

    def kernel_for(self, graph: Graph) -> str:
        """Returns CMSIS-NN's function for what that takes, the right matrix transposed and the left one not; else ours."""
        return "arm_batch_matmul_s8" if self.adjoint_right and not self.adjoint_left else self.kernel

    def macs(self, graph: Graph) -> int:
        """Returns outputs * K."""
        return graph.output_of(self).elements * self._depth(graph)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns the bytes of one row of the left matrix, as int16, padded to four values."""
        return 2 * -(-self._depth(graph) // 4) * 4

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of the matrix multiplication."""
        self._check_sums(graph)
        source, factor = [graph.input_of(self, index) for index in (0, 1)], self.multiplier(graph)
        left_dims, right_dims, output_dims = (
            c_source.dims(*(1,) * (_MAX_RANK - len(tensor.shape)), *tensor.shape)
            for tensor in (*source, graph.output_of(self)))
        zero_points = [tensor.quantization.zero_point for tensor in (*source, graph.output_of(self))]
        flags = ", ".join("true" if flag else "false" for flag in (self.adjoint_left, self.adjoint_right))
        constants = (left_dims, right_dims, output_dims,
                     c_source.struct(f"{places.prefix}_quant", "cmsis_nn_per_tensor_quant_params",
                                     f"{factor.value}, {factor.shift}"),
                     c_source.struct(f"{places.prefix}_params", "cmsis_nn_bmm_params",
                                     f"{flags}, {{{-zero_points[0]}, {-zero_points[1]}, {zero_points[2]},"
                                     f" {{{INT8_MIN}, {INT8_MAX}}}}}"))
        call = _CALL.substitute(
            kernel=self.kernel_for(graph), prefix=places.prefix,
            context=c_source.context(places.scratch, self.scratch_bytes(graph)), left_dims=left_dims.name,
            right_dims=right_dims.name, output_dims=output_dims.name, output=places.output,
            left=places.inputs[0], right=places.inputs[1])
        header = "edgeplug_nn.h" if self.kernel_for(graph) == self.kernel else "arm_nnfunctions.h"
        return Emission(constants, call, header=header)

    def _check_sums(self, graph: Graph) -> None:
        """Raises UserError where a sum could leave the range in which the kernel rounds like TFLite (arm_nnfunctions.h)."""
        most = (self._depth(graph) * _MAX_PRODUCT) << max(self.multiplier(graph).shift, 0)
        if most >= _MAX_SUM:
            raise UserError(f"{self.layer}: sums of BATCH_MATMUL may overflow; got up to {most}, want less than {_MAX_SUM}."
                            " Fix: use a smaller layer, or calibrate the quantization again")

    def multiplier(self, graph: Graph) -> Multiplier:
        """Returns left scale * right scale (a float32 product, as TFLite has it) / output scale."""
        left, right, target = (tensor.quantization.scale for tensor in (
            graph.input_of(self, 0), graph.input_of(self, 1), graph.output_of(self)))
        with np.errstate(over="ignore"):
            product = float(np.float32(left) * np.float32(right))
        return checked_multiplier(self, product / target)

    def _depth(self, graph: Graph) -> int:
        return graph.input_of(self, 0).shape[-2 if self.adjoint_left else -1]
