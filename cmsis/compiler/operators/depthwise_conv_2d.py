"""DEPTHWISE_CONV_2D. Input [1, H, W, C], weights [1, h, w, C * multiplier], bias [C * multiplier]."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Clamp, Multiplier
from cmsis.compiler.ir import Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.window import Extent, Window, extent, read_clamp, read_window, require_image, windows
from tools.errors import UserError

_PARAMETERS = Template("$input_offset, $output_offset, $channel_multiplier, {$stride_w, $stride_h}, {$pad_w, $pad_h}, "
                       "{$dilation_w, $dilation_h}, $clamp")
_CALL = Template("""$kernel($context, &${prefix}_params, &${prefix}_quant,
        &$input_dims, $input, &$filter_dims, ${prefix}_weights,
        &$bias_dims, $bias, &$output_dims, $output)""")


@dataclass(frozen=True)
class DepthwiseConv2D(Operator):
    """Inputs: image, weights, optional bias. Output channel = input channel * multiplier + index. A `foreign` one suits Arm's
    library, too.
    """

    window: Window
    clamp: Clamp
    foreign: bool = False

    builtin: ClassVar[str] = "DEPTHWISE_CONV_2D"
    kernel: ClassVar[str] = "arm_depthwise_conv_s8"

    @classmethod
    def read(cls, node: Node) -> "DepthwiseConv2D":
        """Returns the operator of a .tflite node; raises UserError."""
        image, filters = node.int8_input(0), node.constant(1)
        require_image(node, image)
        require_image(node, node.int8_output())
        options = schema.DepthwiseConv2DOptions
        if len(filters.shape) != 4 or filters.shape[0] != 1 or filters.shape[3] % image.shape[3]:
            raise UserError(f"{node.layer}: weights do not fit the input; got {list(filters.shape)} on"
                            f" {list(image.shape)}, want [1, height, width, a multiple of {image.shape[3]}]."
                            " Fix: export the .tflite again")
        weights.check_weights(node, channel_axis=3, channels=filters.shape[3])
        dilation = Extent(node.option(options.DILATION_H_FACTOR, "i", 1), node.option(options.DILATION_W_FACTOR, "i", 1))
        return cls(node.layer, node.present_inputs(most=3), node.outputs,
                   read_window(node, Extent(*filters.shape[1:3]), options, dilation),
                   read_clamp(node, options.FUSED_ACTIVATION_FUNCTION))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, out_h, out_w, C * multiplier]."""
        target = self.window.output(extent(graph.input_of(self, 0)))
        return (1, target.h, target.w, graph.input_of(self, 1).shape[3])

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        zero_point = graph.input_of(self, 0).quantization.zero_point
        seen = np.repeat(windows(values[0], self.window, zero_point) - zero_point, self._multiplier(graph), axis=4)
        accumulators = (seen * values[1][0].astype(np.int64)).sum(axis=(2, 3))
        if len(values) > 2:
            accumulators = accumulators + values[2].flatten()
        return weights.finish(accumulators, self.multipliers(graph), self._output_zero_point(graph), self.clamp)[None]

    def macs(self, graph: Graph) -> int:
        """Returns outputs * window."""
        return graph.output_of(self).elements * self.window.size.h * self.window.size.w

    def kernel_for(self, graph: Graph) -> str:
        """Returns arm_depthwise_conv_s8, which takes every shape; Arm's library chooses among more by itself."""
        return "arm_depthwise_conv_wrapper_s8" if self.foreign else self.kernel

    def for_cmsis_nn(self, graph: Graph) -> "DepthwiseConv2D":
        """Returns this operator with scratch for a window of int16 where Arm's function wants it."""
        return replace(self, foreign=True)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns arm_depthwise_conv_wrapper_s8_get_buffer_size() of Arm's library; ours needs none."""
        size, padding = self.window.size, self.window.padding(extent(graph.input_of(self, 0)))
        if not self.foreign or self._multiplier(graph) > 1 or self.window.dilation != Extent(1, 1):
            return 0
        three = size == Extent(3, 3) and padding.h <= 1 and padding.w <= 1
        return 0 if three else 2 * size.h * size.w * graph.input_of(self, 0).shape[3]

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the call."""
        image, filters, target = graph.input_of(self, 0), graph.input_of(self, 1), graph.output_of(self)
        image_dims, target_dims = c_source.image_dims(image), c_source.image_dims(target)
        filter_dims, bias_dims = c_source.image_dims(filters), c_source.dims(1, 1, 1, filters.shape[3])
        constants = (image_dims, filter_dims, bias_dims, target_dims,
                     *weights.constants(graph, self, places.prefix, channel_axis=3),
                     *c_source.per_channel(places.prefix, self.multipliers(graph)),
                     c_source.struct(f"{places.prefix}_params", "cmsis_nn_dw_conv_params", self._parameters(graph)))
        call = _CALL.substitute(
            kernel=self.kernel_for(graph), prefix=places.prefix,
            context=c_source.context(places.scratch, self.scratch_bytes(graph)), input_dims=image_dims.name,
            filter_dims=filter_dims.name, bias_dims=bias_dims.name, output_dims=target_dims.name, input=places.inputs[0],
            output=places.output,
            bias=weights.bias_name(graph, self, places.prefix))
        return Emission(constants, call)

    def _parameters(self, graph: Graph) -> str:
        image = graph.input_of(self, 0)
        padding = self.window.padding(extent(image))
        return _PARAMETERS.substitute(
            input_offset=-image.quantization.zero_point, output_offset=self._output_zero_point(graph),
            channel_multiplier=self._multiplier(graph), stride_w=self.window.stride.w, stride_h=self.window.stride.h,
            pad_w=padding.w, pad_h=padding.h, dilation_w=self.window.dilation.w, dilation_h=self.window.dilation.h,
            clamp=c_source.clamp(self.clamp))

    def multipliers(self, graph: Graph) -> tuple[Multiplier, ...]:
        """Returns the factor of each output channel."""
        return weights.output_multipliers(graph, self, graph.input_of(self, 1).shape[3])

    def _output_zero_point(self, graph: Graph) -> int:
        return graph.output_of(self).quantization.zero_point

    def _multiplier(self, graph: Graph) -> int:
        return graph.input_of(self, 1).shape[3] // graph.input_of(self, 0).shape[3]
