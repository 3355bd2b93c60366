"""What max and average pooling share. Input and output [1, H, W, C] with the same quantisation."""

from dataclasses import dataclass
from string import Template

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Clamp
from cmsis.compiler.ir import Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators.window import Extent, Window, extent, read_clamp, read_window, require_image
from tools.errors import UserError

_CALL = Template("""$kernel($context, &${prefix}_params, &$input_dims, $input,
        &$filter_dims, &$output_dims, $output)""")


@dataclass(frozen=True)
class Pool(Operator):
    """Inputs: image."""

    window: Window
    clamp: Clamp

    @property
    def overwrites(self) -> tuple[int, ...]:
        """The input, where windows do not overlap and the kernels read each of them at once: outputs follow behind them."""
        size, stride = self.window.size, self.window.stride
        return (0,) if size.h <= min(stride.h, 2) and size.w <= min(stride.w, 2) else ()

    @classmethod
    def read(cls, node: Node) -> "Pool":
        """Returns the operator of a .tflite node; raises UserError."""
        source, target = node.int8_input(0), node.int8_output()
        require_image(node, source)
        require_image(node, target)
        if source.quantization != target.quantization:
            raise UserError(f"{node.layer}: {node.builtin} can't rescale; got {source.quantization} in and"
                            f" {target.quantization} out, want the same. Fix: export the .tflite again")
        options = schema.Pool2DOptions
        size = Extent(node.option(options.FILTER_HEIGHT, "i"), node.option(options.FILTER_WIDTH, "i"))
        return cls(node.layer, node.present_inputs(most=1), node.outputs, read_window(node, size, options, Extent(1, 1)),
                   read_clamp(node, options.FUSED_ACTIVATION_FUNCTION))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, out_h, out_w, C]."""
        source = graph.input_of(self, 0)
        target = self.window.output(extent(source))
        return (1, target.h, target.w, source.shape[3])

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of the pooling kernel."""
        source, target = graph.input_of(self, 0), graph.output_of(self)
        size, stride, padding = self.window.size, self.window.stride, self.window.padding(extent(source))
        input_dims, output_dims = c_source.image_dims(source), c_source.image_dims(target)
        filter_dims = c_source.dims(1, size.h, size.w, 1)
        parameters = f"{{{stride.w}, {stride.h}}}, {{{padding.w}, {padding.h}}}, {c_source.clamp(self.clamp)}"
        constants = (input_dims, filter_dims, output_dims,
                     c_source.struct(f"{places.prefix}_params", "cmsis_nn_pool_params", parameters))
        call = _CALL.substitute(
            kernel=self.kernel, context=c_source.context(places.scratch, self.scratch_bytes(graph)),
            prefix=places.prefix, input_dims=input_dims.name, filter_dims=filter_dims.name,
            output_dims=output_dims.name, input=places.inputs[0], output=places.output)
        return Emission(constants, call)
