"""CONV_2D: what Keras' Conv1D and Conv2D become. Input [1, H, W, C], weights [N, h, w, C / groups], bias [N]."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Clamp, Multiplier
from cmsis.compiler.ir import DType, Emission, Graph, Operator, Places, Tensor
from cmsis.compiler.node import Node
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.window import Extent, Window, extent, read_clamp, read_window, require_image, windows
from tools.errors import UserError

_PARAMETERS = Template("$input_offset, $output_offset, {$stride_w, $stride_h}, {$pad_w, $pad_h}, "
                       "{$dilation_w, $dilation_h}, $clamp")
_CALL = Template("""$kernel($context, &${prefix}_params, &${prefix}_quant,
        &$input_dims, $input, &$filter_dims, ${prefix}_weights,
        &$bias_dims, $bias, ${upscale}&$output_dims, $output)""")


def _whole_words(count: int) -> int:
    return -(-count // 4) * 4


def groups_of(graph: Graph, operator: Operator) -> int:
    """Returns into how many groups the channels of a convolution's inputs 0 and 1 fall."""
    return graph.input_of(operator, 0).shape[3] // graph.input_of(operator, 1).shape[3]


def read_filters(node: Node, image: Tensor, bias_type: DType = DType.INT32) -> Window:
    """Returns how the filters, input 1, move over `image`; raises UserError where they or the bias do not fit."""
    filters, options = node.constant(1), schema.Conv2DOptions
    require_image(node, image)
    require_image(node, node.output())
    if len(filters.shape) != 4 or image.shape[3] % filters.shape[3] or filters.shape[0] % (
            image.shape[3] // filters.shape[3]):
        raise UserError(f"{node.layer}: weights do not fit the input; got {list(filters.shape)} on"
                        f" {list(image.shape)}, want [filters, height, width, {image.shape[3]} / groups] with filters"
                        " a multiple of groups. Fix: export the .tflite again")
    weights.check_weights(node, channel_axis=0, channels=filters.shape[0], bias_type=bias_type)
    dilation = Extent(node.option(options.DILATION_H_FACTOR, "i", 1), node.option(options.DILATION_W_FACTOR, "i", 1))
    return read_window(node, Extent(*filters.shape[1:3]), options, dilation)


def convolve(values: Sequence[np.ndarray], window: Window, groups: int, zero_point: int) -> np.ndarray:
    """Returns the sums [out_h, out_w, N] of a convolution of values[0] by values[1], plus values[2] where there is one."""
    seen = windows(values[0], window, zero_point) - zero_point
    sums = np.concatenate([
        np.tensordot(inputs, filters, axes=((2, 3, 4), (1, 2, 3)))
        for inputs, filters in zip(np.split(seen, groups, axis=4), np.split(values[1].astype(np.int64), groups))], axis=2)
    return sums + values[2].flatten() if len(values) > 2 else sums


@dataclass(frozen=True)
class Conv2D(Operator):
    """Inputs: image, weights, optional bias. The first N / groups filters read the first C / groups channels, and so on. A
    `foreign` one suits Arm's library, too. An `alternate` one has weights of zero for odd channels.
    """

    window: Window
    clamp: Clamp
    foreign: bool = False
    alternate: bool = False

    builtin: ClassVar[str] = "CONV_2D"
    kernel: ClassVar[str] = "arm_convolve_s8"

    @classmethod
    def read(cls, node: Node) -> "Conv2D":
        """Returns the operator of a .tflite node; raises UserError."""
        image = node.int8_input(0)
        node.int8_output()
        return cls(node.layer, node.present_inputs(most=3), node.outputs, read_filters(node, image),
                   read_clamp(node, schema.Conv2DOptions.FUSED_ACTIVATION_FUNCTION))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, out_h, out_w, N]."""
        target = self.window.output(extent(graph.input_of(self, 0)))
        return (1, target.h, target.w, graph.input_of(self, 1).shape[0])

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        sums = convolve(values, self.window, groups_of(graph, self), graph.input_of(self, 0).quantization.zero_point)
        return weights.finish(sums, self.multipliers(graph), self._output_zero_point(graph), self.clamp)[None]

    def kernel_for(self, graph: Graph) -> str:
        """Returns arm_convolve_1_x_n_s8 where that fits, else arm_convolve_s8; Arm's library chooses among more by itself."""
        if self.foreign:
            return "arm_convolve_wrapper_s8"
        return "arm_convolve_1_x_n_s8" if self._one_row(graph) else self.kernel

    def macs(self, graph: Graph) -> int:
        """Returns outputs * window * channels of a group, of an alternate one half of these."""
        return graph.output_of(self).elements * self._depth(graph) // (2 if self.alternate else 1)

    def for_cmsis_nn(self, graph: Graph) -> "Conv2D":
        """Returns this operator with scratch for two columns of all groups, too."""
        return replace(self, foreign=True)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns arm_convolve_s8_get_buffer_size(), four columns of int16 and one of int8; for either library the larger of
        theirs.
        """
        own = (4 * 2 + 1) * _whole_words(self._depth(graph))
        return max(own, 2 * 2 * _whole_words(self._depth(graph) * groups_of(graph, self))) if self.foreign else own

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of the convolution kernel."""
        image, filters, target = graph.input_of(self, 0), graph.input_of(self, 1), graph.output_of(self)
        image_dims, target_dims = c_source.image_dims(image), c_source.image_dims(target)
        filter_dims = c_source.image_dims(filters)
        bias_dims = c_source.dims(1, 1, 1, filters.shape[0])
        constants = (image_dims, filter_dims, bias_dims, target_dims,
                     *weights.constants(graph, self, places.prefix),
                     *c_source.per_channel(places.prefix, self.multipliers(graph)),
                     c_source.struct(f"{places.prefix}_params", "cmsis_nn_conv_params", self._parameters(graph)))
        call = _CALL.substitute(
            kernel=self.kernel_for(graph), upscale="NULL, " if self.kernel_for(graph) == self.kernel else "",
            prefix=places.prefix, context=c_source.context(places.scratch, self.scratch_bytes(graph)),
            input_dims=image_dims.name, filter_dims=filter_dims.name, bias_dims=bias_dims.name,
            output_dims=target_dims.name, input=places.inputs[0], output=places.output,
            bias=weights.bias_name(graph, self, places.prefix))
        return Emission(constants, call)

    def _one_row(self, graph: Graph) -> bool:
        # CMSIS-NN's 1xN kernel demands one group, a stride of whole words, no dilation and TFLite's own padding.
        image = graph.input_of(self, 0)
        return (image.shape[1] == 1 and groups_of(graph, self) == 1 and self.window.size.h == 1
                and self.window.dilation == Extent(1, 1) and self.window.stride.w * image.shape[3] % 4 == 0
                and not self.window.bordered)

    def _parameters(self, graph: Graph) -> str:
        image = graph.input_of(self, 0)
        padding = self.window.padding(extent(image))
        return _PARAMETERS.substitute(
            input_offset=-image.quantization.zero_point, output_offset=self._output_zero_point(graph),
            stride_w=self.window.stride.w, stride_h=self.window.stride.h, pad_w=padding.w, pad_h=padding.h,
            dilation_w=self.window.dilation.w, dilation_h=self.window.dilation.h, clamp=c_source.clamp(self.clamp))

    def multipliers(self, graph: Graph) -> tuple[Multiplier, ...]:
        """Returns one Multiplier per filter."""
        return weights.output_multipliers(graph, self, graph.input_of(self, 1).shape[0])

    def _output_zero_point(self, graph: Graph) -> int:
        return graph.output_of(self).quantization.zero_point

    def _depth(self, graph: Graph) -> int:
        filters = graph.input_of(self, 1)
        return filters.elements // filters.shape[0]
