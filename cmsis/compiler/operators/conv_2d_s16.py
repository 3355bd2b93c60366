"""CONV_2D on int16 activations with int8 weights (TFLite's 16x8). Shapes as in conv_2d.py; bias [N] of int64."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Clamp, Multiplier, reduced, requantize_wide
from cmsis.compiler.ir import DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.conv_2d import convolve, groups_of, read_filters
from cmsis.compiler.operators.window import Window, extent, read_clamp
from tools.errors import UserError

_MAX_INPUT = 1 << 15
_MAX_SUM = 1 << 47
_MAX_SHIFT = 7
_MAX_OUTPUT = 1 << 31
_PARAMETERS = Template("0, 0, {$stride_w, $stride_h}, {$pad_w, $pad_h}, {$dilation_w, $dilation_h}, $clamp")
_CALL = Template("""$kernel($context, &${prefix}_params, &${prefix}_quant,
        &$input_dims, $input, &$filter_dims, ${prefix}_weights,
        &$bias_dims, &(cmsis_nn_bias_data){$bias, false}, &$output_dims, $output)""")


@dataclass(frozen=True)
class Conv2DS16(Operator):
    """Inputs: image, weights, optional bias."""

    window: Window
    clamp: Clamp
    foreign: bool = False

    builtin: ClassVar[str] = "CONV_2D"
    kernel: ClassVar[str] = "arm_convolve_s16"
    types: ClassVar[tuple[DType, ...]] = (DType.INT16, DType.INT8, DType.INT32, DType.INT64)

    @classmethod
    def read(cls, node: Node) -> "Conv2DS16":
        """Returns the operator of a .tflite node; raises UserError."""
        image = node.int16_input(0)
        node.int16_output()
        return cls(node.layer, node.present_inputs(most=3), node.outputs, read_filters(node, image, DType.INT64),
                   read_clamp(node, schema.Conv2DOptions.FUSED_ACTIVATION_FUNCTION))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, out_h, out_w, N]."""
        target = self.window.output(extent(graph.input_of(self, 0)))
        return (1, target.h, target.w, graph.input_of(self, 1).shape[0])

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        sums, factors = convolve(values, self.window, groups_of(graph, self), 0), self.multipliers(graph)
        scaled = requantize_wide(sums, np.array([factor.value for factor in factors]),
                                 np.array([factor.shift for factor in factors]))
        return np.clip(scaled, self.clamp.low, self.clamp.high).astype(np.int16)[None]

    def macs(self, graph: Graph) -> int:
        """Returns outputs * window * channels of a group."""
        return graph.output_of(self).elements * self._depth(graph)

    def for_cmsis_nn(self, graph: Graph) -> "Conv2DS16":
        """Returns this operator with scratch for two columns; raises UserError for groups, which Arm's function lacks."""
        groups = groups_of(graph, self)
        if groups > 1:
            raise UserError(f"{self.layer}: CMSIS-NN convolves int16 without groups only; got {groups} groups, want 1."
                            " Fix: use another policy than cmsis_nn, or groups=1")
        return replace(self, foreign=True)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns arm_convolve_s16_get_buffer_size(): one column of int16."""
        return 2 * self._depth(graph) * (2 if self.foreign else 1)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of arm_convolve_s16."""
        self._check_sums(graph)
        image, filters, target = graph.input_of(self, 0), graph.input_of(self, 1), graph.output_of(self)
        image_dims, target_dims = c_source.image_dims(image), c_source.image_dims(target)
        filter_dims, bias_dims = c_source.image_dims(filters), c_source.dims(1, 1, 1, filters.shape[0])
        constants = (image_dims, filter_dims, bias_dims, target_dims,
                     *weights.arrays(graph, self, places.prefix, "int64_t"),
                     *c_source.per_channel(places.prefix, self.multipliers(graph)),
                     c_source.struct(f"{places.prefix}_params", "cmsis_nn_conv_params", self._parameters(graph)))
        call = _CALL.substitute(
            kernel=self.kernel, prefix=places.prefix, context=c_source.context(places.scratch, self.scratch_bytes(graph)),
            input_dims=image_dims.name, filter_dims=filter_dims.name, bias_dims=bias_dims.name,
            output_dims=target_dims.name, input=places.inputs[0], output=places.output,
            bias=weights.bias_name(graph, self, places.prefix))
        return Emission(constants, call)

    def _check_sums(self, graph: Graph) -> None:
        """Raises UserError where a sum, or the scaled sum, could leave the range in which TFLite computes (arm_nnfunctions.h)."""
        for most, factor in zip(weights.largest_sums(graph, self, 0, _MAX_INPUT), self.multipliers(graph)):
            scaled = int(most) * int(reduced(factor.value)) >> (15 - factor.shift) if factor.shift <= _MAX_SHIFT else 0
            if most >= _MAX_SUM or factor.shift > _MAX_SHIFT or scaled >= _MAX_OUTPUT:
                raise UserError(f"{self.layer}: sums of CONV_2D may overflow; got up to {most} times 2^{factor.shift}, want"
                                f" less than 2^47, a shift up to {_MAX_SHIFT} and a scaled sum below 2^31. Fix: use a smaller"
                                " layer, or calibrate the quantization again")

    def _parameters(self, graph: Graph) -> str:
        window = self.window
        padding = window.padding(extent(graph.input_of(self, 0)))
        return _PARAMETERS.substitute(
            stride_w=window.stride.w, stride_h=window.stride.h, pad_w=padding.w, pad_h=padding.h,
            dilation_w=window.dilation.w, dilation_h=window.dilation.h, clamp=c_source.clamp(self.clamp))

    def multipliers(self, graph: Graph) -> tuple[Multiplier, ...]:
        """Returns one Multiplier per filter."""
        return weights.output_multipliers(graph, self, graph.input_of(self, 1).shape[0])

    def _depth(self, graph: Graph) -> int:
        filters = graph.input_of(self, 1)
        return filters.elements // filters.shape[0]
