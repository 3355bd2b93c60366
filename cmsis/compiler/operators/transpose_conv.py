"""TRANSPOSE_CONV: Keras' Conv1DTranspose and Conv2DTranspose. Input [1, H, W, C], weights [N, h, w, C], bias [N].

The window is that of the convolution which would lead from the output back to the input: input pixel (y, x) adds its products
to output pixels (y * stride - padding + tap).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Clamp, Multiplier
from cmsis.compiler.ir import DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.window import Extent, Window, extent, read_clamp, read_window, require_image
from tools.errors import UserError

_PARAMETERS = Template("$input_offset, $output_offset, {$stride_w, $stride_h}, {$pad_w, $pad_h}, {$odd_w, $odd_h}, {1, 1}, "
                       "$clamp")
_CALL = Template("""$kernel($context, &(cmsis_nn_context){NULL, 0}, &${prefix}_params, &${prefix}_quant,
        &$input_dims, $input, &$filter_dims, ${prefix}_weights,
        &$bias_dims, $bias, &$output_dims, $output)""")


@dataclass(frozen=True)
class TransposeConv(Operator):
    """Inputs: image, weights, optional bias (the file's first input, the output's shape, repeats what the output says)."""

    window: Window
    clamp: Clamp
    foreign: bool = False

    builtin: ClassVar[str] = "TRANSPOSE_CONV"
    kernel: ClassVar[str] = "arm_transpose_conv_s8"

    @classmethod
    def read(cls, node: Node) -> "TransposeConv":
        """Returns the operator of a .tflite node; raises UserError."""
        shape = node.input(0)
        node.int8_input(2)
        node = replace(node, inputs=(node.inputs[2], node.inputs[1], *node.inputs[3:]))
        image, filters, target = node.int8_input(0), node.constant(1), node.int8_output()
        require_image(node, image)
        require_image(node, target)
        if len(filters.shape) != 4 or (filters.shape[0], filters.shape[3]) != (target.shape[3], image.shape[3]):
            raise UserError(f"{node.layer}: weights do not fit; got {list(filters.shape)} from {list(image.shape)} to"
                            f" {list(target.shape)}, want [{target.shape[3]}, height, width, {image.shape[3]}]."
                            " Fix: export the .tflite again")
        weights.check_weights(node, channel_axis=0, channels=filters.shape[0])
        window = read_window(node, Extent(*filters.shape[1:3]), schema.TransposeConvOptions, Extent(1, 1))
        stated = tuple(shape.array().flatten().tolist()) if shape.constant and shape.dtype is DType.INT32 else target.shape
        if stated != target.shape or window.output(extent(target)) != extent(image):
            raise UserError(f"{node.layer}: shape of the output does not fit the input; got {list(stated)} for a tensor of"
                            f" {list(target.shape)}, from {list(image.shape)} by {window}, want extents that this window"
                            " reduces to the input's. Fix: export the .tflite again")
        return cls(node.layer, node.present_inputs(most=4), node.outputs, window,
                   read_clamp(node, schema.TransposeConvOptions.FUSED_ACTIVATION_FUNCTION))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, out_h, out_w, N]: several extents lead back to the input's, and the file says which one it is."""
        return (1, *graph.output_of(self).shape[1:3], graph.input_of(self, 1).shape[0])

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        source, target = extent(graph.input_of(self, 0)), extent(graph.output_of(self))
        pixels = values[0][0].astype(np.int64) - graph.input_of(self, 0).quantization.zero_point
        size, stride, padding = self.window.size, self.window.stride, self.window.padding(target)
        # All that the input reaches; what lies beyond the output is cut off.
        reach = Extent(max((source.h - 1) * stride.h + size.h, padding.h + target.h),
                       max((source.w - 1) * stride.w + size.w, padding.w + target.w))
        sums = np.zeros((reach.h, reach.w, values[1].shape[0]), np.int64)
        for y, x in np.ndindex(size.h, size.w):
            sums[y:y + (source.h - 1) * stride.h + 1:stride.h, x:x + (source.w - 1) * stride.w + 1:stride.w] += (
                pixels @ values[1][:, y, x].astype(np.int64).T)
        sums = sums[padding.h:padding.h + target.h, padding.w:padding.w + target.w]
        if len(values) > 2:
            sums = sums + values[2].flatten()
        return weights.finish(sums, self.multipliers(graph), self._output_zero_point(graph), self.clamp)[None]

    def macs(self, graph: Graph) -> int:
        """Returns inputs * window * N."""
        return graph.input_of(self, 0).elements * graph.input_of(self, 1).elements // graph.input_of(self, 0).shape[3]

    def for_cmsis_nn(self, graph: Graph) -> "TransposeConv":
        """Returns this operator with scratch for sums of as many output rows as a filter reaches, too."""
        return replace(self, foreign=True)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns arm_transpose_conv_s8_get_buffer_size(), the pixels that four output pixels depend on, as int16; for either
        library the larger of theirs.
        """
        size, stride = self.window.size, self.window.stride
        pixels = -(-size.h // stride.h) * -(-size.w // stride.w)
        own = pixels * 4 * 2 * (-(-graph.input_of(self, 0).shape[3] // 4) * 4)
        if not self.foreign:
            return own
        width = (graph.input_of(self, 0).shape[2] - 1) * stride.w + max(size.w, stride.w)
        return max(own, 4 * width * max(size.h, stride.h) * graph.output_of(self).shape[3])

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of arm_transpose_conv_s8."""
        image, filters, target = graph.input_of(self, 0), graph.input_of(self, 1), graph.output_of(self)
        image_dims, target_dims = c_source.image_dims(image), c_source.image_dims(target)
        filter_dims, bias_dims = c_source.image_dims(filters), c_source.dims(1, 1, 1, filters.shape[0])
        constants = (image_dims, filter_dims, bias_dims, target_dims, *weights.constants(graph, self, places.prefix),
                     *c_source.per_channel(places.prefix, self.multipliers(graph)),
                     c_source.struct(f"{places.prefix}_params", "cmsis_nn_transpose_conv_params", self._parameters(graph)))
        call = _CALL.substitute(
            kernel=self.kernel, prefix=places.prefix, context=c_source.context(places.scratch, self.scratch_bytes(graph)),
            input_dims=image_dims.name, filter_dims=filter_dims.name, bias_dims=bias_dims.name,
            output_dims=target_dims.name, input=places.inputs[0], output=places.output,
            bias=weights.bias_name(graph, self, places.prefix))
        return Emission(constants, call)

    def _parameters(self, graph: Graph) -> str:
        padding, odd = self.window.padding(extent(graph.output_of(self))), self.odd_padding(graph)
        return _PARAMETERS.substitute(
            input_offset=-graph.input_of(self, 0).quantization.zero_point, output_offset=self._output_zero_point(graph),
            stride_w=self.window.stride.w, stride_h=self.window.stride.h, pad_w=padding.w, pad_h=padding.h,
            odd_w=odd.w, odd_h=odd.h, clamp=c_source.clamp(self.clamp))

    def odd_padding(self, graph: Graph) -> Extent:
        """Returns by how much the padding below and on the right exceeds that above and on the left."""
        target, source = extent(graph.output_of(self)), extent(graph.input_of(self, 0))
        size, stride = self.window.size, self.window.stride
        return Extent(max(0, (source.h - 1) * stride.h + size.h - target.h) % 2,
                      max(0, (source.w - 1) * stride.w + size.w - target.w) % 2)

    def multipliers(self, graph: Graph) -> tuple[Multiplier, ...]:
        """Returns one Multiplier per output channel."""
        return weights.output_multipliers(graph, self, graph.input_of(self, 1).shape[0])

    def _output_zero_point(self, graph: Graph) -> int:
        return graph.output_of(self).quantization.zero_point
