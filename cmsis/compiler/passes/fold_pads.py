"""Pass: gives a border of real zeros to the convolutions that read it. Exact: a convolution's own padding is real zeros, too."""

from dataclasses import replace

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.conv_2d_s16 import Conv2DS16
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.pad import Padding
from cmsis.compiler.operators.window import Extent, Window, extent
from cmsis.compiler.passes.rewriting import with_operator

_CONVOLUTIONS = (Conv2D, Conv2DS16, DepthwiseConv2D)


def fold_pads(graph: Graph) -> Graph:
    """Returns the graph in which convolutions read what lies within such borders; the borders are left to who else reads them."""
    for position, operator in enumerate(graph.operators):
        pad = next((one for one in graph.operators if operator.inputs[:1] == one.outputs), None)
        if isinstance(operator, _CONVOLUTIONS) and isinstance(pad, Padding):
            window = _bordered(graph, operator.window, pad)
            if window:
                inputs = (*pad.inputs, *operator.inputs[1:])
                graph = with_operator(graph, position, replace(operator, inputs=inputs, window=window))
    return graph


def _bordered(graph: Graph, window: Window, pad: Operator) -> Window | None:
    """Returns the window with the pad's border around the input, None unless that is of real zeros, of rows and columns only, and
    no window lies outside of the input.
    """
    source = graph.input_of(pad, 0)
    if len(source.shape) != 4 or source.quantization is None or pad.fill != source.quantization.zero_point:
        return None
    if any((pad.before[0], pad.before[3], pad.after[0], pad.after[3])) or window.bordered:
        return None
    found = replace(window, before=Extent(*pad.before[1:3]), after=Extent(*pad.after[1:3]))
    inside, target, padding, reach = extent(source), found.output(extent(source)), found.padding(extent(source)), found.reach
    starts = (((target.h - 1) * window.stride.h - padding.h, inside.h), ((target.w - 1) * window.stride.w - padding.w, inside.w))
    fits = padding.h < reach.h and padding.w < reach.w and all(start < size for start, size in starts)
    return found if fits else None
