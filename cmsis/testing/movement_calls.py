"""kernel_calls for operators that move bytes or sum over axes."""

from cmsis.compiler.ir import Graph
from cmsis.compiler.lowering.average_pool_2d import GlobalAverage
from cmsis.compiler.operators.movement import Copy, Movement
from cmsis.compiler.operators.pad import Padding
from cmsis.compiler.operators.reduce import Reduction
from cmsis.compiler.operators.resize_nearest_neighbor import ResizeNearestNeighbor
from cmsis.testing.m4 import M4


def run_movement(core: M4, graph: Graph, operator: Movement, buffers) -> int:
    """Calls edgeplug_copy for each of the operator's copies."""
    computed = [index for index, number in enumerate(operator.inputs) if not graph.tensors[number].constant]
    for one in operator.copies(graph):
        number = operator.inputs[one.source]
        source = (buffers.inputs[computed.index(one.source)] if one.source in computed
                  else core.array(graph.tensors[number].array()))
        _copy(core, one, source, buffers.outputs[one.target], graph.tensors[number].dtype.item_bytes)
    return 0


def run_padding(core: M4, graph: Graph, operator: Padding, buffers) -> int:
    """Calls edgeplug_fill and edgeplug_copy."""
    core.call("edgeplug_fill", buffers.output, operator.fill, buffers.target.size_bytes)
    _copy(core, operator.copy(graph), buffers.input, buffers.output, buffers.target.dtype.item_bytes)
    return 0


def run_resize(core: M4, graph: Graph, operator: ResizeNearestNeighbor, buffers) -> int:
    """Calls edgeplug_resize_nearest_neighbor."""
    image = graph.input_of(operator, 0)
    rows, columns = (core.array(origins.astype("uint16"), "start") for origins in operator.origins(graph))
    pixel_bytes = image.shape[3] * image.dtype.item_bytes
    core.call(operator.kernel, buffers.input, image.shape[2] * pixel_bytes, pixel_bytes, rows, operator.size[0], columns,
              operator.size[1], buffers.output)
    return 0


def run_reduction(core: M4, graph: Graph, operator: Reduction | GlobalAverage, buffers) -> int:
    """Calls the kernel, behind a copy where axes lie apart."""
    summed, arguments = buffers.input, operator.arguments(graph)
    if operator.scratch_bytes(graph):  # Never for a GlobalAverage.
        summed = core.painted(operator.scratch_bytes(graph))
        _copy(core, operator.copy(graph), buffers.input, summed, 1)
    core.call(operator.kernel, summed, *operator.extents(graph), *arguments, buffers.output)
    return 0


def _copy(core: M4, one: Copy, source: int, target: int, item_bytes: int) -> None:
    axes = core.words(*(value for axis in one.axes for value in (axis.extent, axis.source_stride, axis.target_stride)))
    core.call("edgeplug_copy", source + one.source_offset * item_bytes, target + one.target_offset * item_bytes,
              axes if one.axes else 0, len(one.axes), one.run_bytes)
